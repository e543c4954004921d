//! Running a journey while its events are shown.

use std::{cell::RefCell, future::Future, pin::pin, time::Duration};

use tokio::{
    sync::mpsc::{self, UnboundedSender},
    time::interval,
};

use super::{ask::runtime, trouble::failure};
use crate::cli::{args::Global, failure::Failure, screen::Screen, stdio::Stdio};
use crate::model::{Event, Plan};
use crate::ops::{Ears, Trouble};
use crate::report::Progress;
use crate::sys::{self, Stopwatch};

/// Between two drawings of the live block.
const REDRAW: Duration = Duration::from_millis(120);

/// What stands on the screen while a journey runs.
pub(super) struct Show<'a, 'io> {
    pub(super) stdio: &'a mut Stdio<'io>,
    progress: Option<Progress>,
    screen: Screen,
    clock: Stopwatch,
    global: &'a Global,
}

impl<'a, 'io> Show<'a, 'io> {
    fn new(stdio: &'a mut Stdio<'io>, global: &'a Global) -> Self {
        Self { stdio, progress: None, screen: Screen::default(), clock: Stopwatch::start(), global }
    }

    /// From now on events belong to steps of these plans.
    pub(super) fn follow(&mut self, plans: &[Plan]) {
        self.progress = Some(Progress::new(plans, self.stdio.talk_style(self.global)));
    }

    /// What is to be told at the end of the runs.
    pub(super) fn summary(&self) -> Vec<String> {
        self.progress.as_ref().map(Progress::summary).unwrap_or_default()
    }

    fn hear(&mut self, event: &Event) {
        if self.global.quiet {
            return;
        }
        let style = self.stdio.talk_style(self.global);
        let progress = self.progress.get_or_insert_with(|| Progress::new(&[], style));
        let lines = progress.fold(event, self.clock.millis());
        self.draw(&lines);
    }

    /// Draws the live block where there is a screen, and only the lines that stay elsewhere.
    fn draw(&mut self, stay: &[String]) {
        let live = self.stdio.is_live(self.global);
        let block = match &self.progress {
            Some(progress) if live => progress.frame(self.clock.millis(), self.stdio.terminal.height / 2),
            Some(_) | None => Vec::new(),
        };
        if live {
            // A screen that cannot be written to is no reason to stop an apply.
            self.screen.draw(self.stdio.talk, stay, &block).ok();
        } else {
            for line in stay {
                self.stdio.say(&format!("{line}\n"));
            }
        }
    }

    fn clear(&mut self) {
        if self.stdio.is_live(self.global) {
            self.screen.draw(self.stdio.talk, &[], &[]).ok();
        }
    }
}

/// Runs a journey that only reads; retries and warnings are told as they come.
pub(super) fn read<T, F>(
    global: &Global,
    stdio: &mut Stdio<'_>,
    journey: impl FnOnce(UnboundedSender<Event>) -> F,
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Trouble>>,
{
    let show = RefCell::new(Show::new(stdio, global));
    let (sender, receiver) = mpsc::unbounded_channel();
    let result = runtime()?.block_on(show_while(&show, receiver, journey(sender)));
    finish(result, &show)
}

/// Runs a journey that writes, hearing the user's wish to stop.
pub(super) fn run<T>(
    global: &Global,
    stdio: &mut Stdio<'_>,
    journey: impl AsyncFnOnce(&RefCell<Show<'_, '_>>, Ears) -> Result<T, Trouble>,
) -> Result<(T, Vec<String>), Failure> {
    let show = RefCell::new(Show::new(stdio, global));
    let (sender, receiver) = mpsc::unbounded_channel();
    let result = runtime()?.block_on(async {
        let stop = sys::interrupts().map_err(|error| Trouble::Record {
            message: format!("cannot listen for interrupts: {error}"),
            hint: None,
        })?;
        show_while(&show, receiver, journey(&show, Ears { events: sender, stop })).await
    });
    let value = finish(result, &show)?;
    let summary = show.borrow().summary();
    Ok((value, summary))
}

async fn show_while<T>(
    show: &RefCell<Show<'_, '_>>,
    mut events: mpsc::UnboundedReceiver<Event>,
    journey: impl Future<Output = Result<T, Trouble>>,
) -> Result<T, Trouble> {
    let mut journey = pin!(journey);
    let mut redraw = interval(REDRAW);
    let result = loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => show.borrow_mut().hear(&event),
            _ = redraw.tick() => show.borrow_mut().draw(&[]),
            result = &mut journey => break result,
        }
    };
    while let Ok(event) = events.try_recv() {
        show.borrow_mut().hear(&event);
    }
    show.borrow_mut().clear();
    result
}

fn finish<T>(result: Result<T, Trouble>, show: &RefCell<Show<'_, '_>>) -> Result<T, Failure> {
    result.map_err(|trouble| {
        let mut show = show.borrow_mut();
        let style = show.stdio.talk_style(show.global);
        let (told, failure) = failure(&trouble, &style);
        if let Some(text) = told {
            show.stdio.say(&text);
        }
        failure
    })
}
