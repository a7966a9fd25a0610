//! What `--help` prints, of all commands or of one.

use canary_rollout::message::did_you_mean;

/// A command's name and its part of the help.
const COMMANDS: [(&str, &str); 5] = [
    (
        "run",
        "\
canary-rollout run CONFIG [options]   one rollout, to its end or to a pause
                                      that waits for a person
    --seed N             the world's seed, 0 to 9007199254740991; default 42
    --at TICK:COMMAND    after so many ticks tell it pause, resume, promote or
                         abort; may be repeated
    --ticks N            stop after so many ticks
    --format json|text   default json; text is for eyes
",
    ),
    (
        "study",
        "\
canary-rollout study CONFIG [options] what the policy does over many seeds
    --runs N             default 10000
    --seed N             the first seed; default 0
    --sweep FIELD=A,B,…  one more study for each value of a numeric field, such
                         as error_ratio or stages[0].duration_ticks
    --policy FILE        another policy on the same worlds: the policy's keys of
                         a configuration; may be repeated
    --horizon N          ticks over which harm is charged; default the longest
                         plan
    --require BOUND      false_rollback<=0.05, missed_regression<=0.01,
                         missed_regression(error_ratio=2)<=0.01, caught>=0.9;
                         may be repeated; exit status 1 where one is failed, 3
                         where the runs do not decide
    --threads N          default all cores
    --format json|text|csv
",
    ),
    (
        "validate",
        "\
canary-rollout validate CONFIG…       what is wrong with configurations, a line
                                      a fault: file:line:column: path: message
",
    ),
    (
        "schema",
        "\
canary-rollout schema                 the JSON Schema of a configuration
",
    ),
    (
        "presets",
        "\
canary-rollout presets                the configurations known by name
",
    ),
];

const END: &str = "\
CONFIG is a file, - for standard input, or a preset's name.
Results go to standard output, progress and speed to standard error; exit status
2 means an error, told on standard error.
";

/// The help of all commands.
pub(super) fn all() -> String {
    let commands: Vec<&str> = COMMANDS.iter().map(|(_, help)| *help).collect();
    format!(
        "Simulates canary rollouts of a release.

canary-rollout --demo [--seed N]      the default rollout's result, as JSON
{}canary-rollout COMMAND --help         the part on one command
canary-rollout --help, --version

{END}",
        commands.concat()
    )
}

/// The help of one command.
pub(super) fn of(command: &str) -> String {
    let known = COMMANDS.iter().find(|(name, _)| *name == command);
    known.map_or_else(all, |(_, help)| format!("{help}\n{END}"))
}

/// The command that was probably meant.
pub(super) fn nearest_command(word: &str) -> Option<&'static str> {
    did_you_mean(word, COMMANDS.iter().map(|(name, _)| *name))
}
