//! `obsctl sandbox`: the embedded API, for kubectl and for other commands.

use super::{ask, watch};
use crate::cli::{
    args::{Global, SandboxArgs},
    exit::Exit,
    failure::Failure,
    stdio::Stdio,
};
use crate::ops::{self, Choice, ServeWish, Trouble};
use crate::sys;

/// Serves a sandbox until the user stops it.
pub(in crate::cli) fn sandbox(
    args: &SandboxArgs,
    global: &Global,
    stdio: &mut Stdio<'_>,
) -> Result<Exit, Failure> {
    let place = ask::place(global, None);
    let environment = args.environment.clone().filter(|name| !name.is_empty());
    let choice = Choice { environment, stacks: Vec::new() };
    let of = if args.ephemeral {
        None
    } else {
        Some(watch::read(global, stdio, |_| async { ops::sandboxed(&place, &choice) })?)
    };
    let wish = ServeWish { listen: args.listen, of };
    let served = ask::runtime()?.block_on(async {
        let stop = sys::interrupts().map_err(|error| Trouble::Record {
            message: format!("cannot listen for interrupts: {error}"),
            hint: None,
        })?;
        ops::serve(&wish, stop, |address, kubeconfig| {
            stdio.say(&format!("Serving the sandbox on http://{address}; Ctrl-C ends it.\n"));
            match &global.kubeconfig {
                Some(file) => {
                    sys::write(file, kubeconfig.as_bytes()).map_err(|error| Trouble::Record {
                        message: format!("{error}: is the folder there?"),
                        hint: None,
                    })?;
                    stdio.say(&format!("Its kubeconfig is {}.\n", file.display()));
                }
                // Whoever reads only the beginning still wants the server.
                None => stdio.result(kubeconfig).unwrap_or_default(),
            }
            Ok(())
        })
        .await
    });
    watch::read(global, stdio, |_| async { served })?;
    Ok(Exit::Done)
}
