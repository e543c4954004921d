//! Which files paths of a source mean.

use super::*;

fn checkout() -> Checkout {
    let file = |text: &str| Entry::File(Arc::from(text.as_bytes()));
    let entries = [
        ("stacks/a/manifests/one.yaml", file("1")),
        ("stacks/a/manifests/deep/two.yaml", file("2")),
        ("stacks/a/out", Entry::Symlink("../../../etc/passwd".to_owned())),
        ("stacks/a/shared", Entry::Symlink("../b".to_owned())),
        ("stacks/a/circle", Entry::Symlink("circle".to_owned())),
        ("stacks/b/three.yaml", file("3")),
    ];
    let files = entries.into_iter().map(|(path, entry)| (Arc::from(path), entry)).collect();
    Checkout { files, ..Checkout::default() }
}

fn found(path: &str) -> Result<Vec<String>, String> {
    let written = Placed { value: path.to_owned(), place: Place::file("stacks/a/stack.yaml") };
    let found = find_one("stacks/a", &written, &checkout());
    let shown = |problem: Problem| format!("{} ({})", problem.message, problem.help.unwrap_or_default());
    found.map(|files| files.iter().map(|file| file.path.to_string()).collect()).map_err(shown)
}

#[test]
fn a_folder_means_all_files_below_it() {
    let all = ["stacks/a/manifests/deep/two.yaml", "stacks/a/manifests/one.yaml"];
    assert_eq!(found("manifests/").unwrap(), all);
    assert_eq!(found("./manifests").unwrap(), all);
}

#[test]
fn a_pattern_stays_in_its_folder() {
    assert_eq!(found("manifests/*.yaml").unwrap(), ["stacks/a/manifests/one.yaml"]);
    assert_eq!(found("manifests/**/*.yaml").unwrap().len(), 2);
    assert_eq!(
        found("rules/*.yml").unwrap_err(),
        "no file matches `rules/*.yml` (correct the pattern, or remove the line)"
    );
}

#[test]
fn nothing_outside_of_the_repository_is_read() {
    assert_eq!(
        found("../../../etc/passwd").unwrap_err(),
        "`../../../etc/passwd` leaves the repository (name a path inside it)"
    );
    assert_eq!(
        found("/etc/passwd").unwrap_err(),
        "`/etc/passwd` is an absolute path (write it relative to the folder of the stack)"
    );
    assert!(found("out").unwrap_err().contains("leads out of the repository"));
}

#[test]
fn a_link_inside_the_repository_is_followed() {
    assert_eq!(found("shared").unwrap(), ["stacks/b/three.yaml"]);
    assert_eq!(found("../b/three.yaml").unwrap(), ["stacks/b/three.yaml"]);
    assert!(found("circle").unwrap_err().contains("leads in a circle"));
}

#[test]
fn a_missing_path_gets_a_suggestion() {
    assert_eq!(
        found("manifest").unwrap_err(),
        "there is no file or folder `stacks/a/manifest` (did you mean `manifests`?)"
    );
}
