//! `init`: writes the setup of a repository, and prints what an administrator does.

use std::collections::BTreeMap;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;

use super::init_git::{git_state, likely_default};
use super::init_prompt::{ask_all, complete, open};
use super::logger;
use super::products::TextFormat;
use crate::diagnostic::{Diagnostic, LOG_TARGET};
use crate::exit::{Exit, exit_codes};
use crate::forge::local::LocalRepository;
use crate::guard::{POLICY_FILE, Policy, read_policy};
use crate::init::{
    AnswerProblem, Answers, ExistingFiles, FileState, Given, Givens, Origin, PlanError, PlanMode,
    Question, RepositoryFacts, SETUP_PATHS, SetupPlan, SetupReport, add_earlier, answers_of_remote,
    code_owner_places, earlier_answers, optional_questions, patch, plan, plan_text,
};
use crate::model::RepoPath;
use crate::product::Registry;
use crate::report::{diagnostics, escape_workflow_commands, json_text};
use crate::workspace::{
    ConfigSelector, SetupPlace, add_repository_products, config_files, create_files,
    repository_folder, setup_place,
};

const EXAMPLES: &str = "Examples:
  provisioner init                   answer questions, then write missing files
  provisioner init --product s3 --environment dev=123456789012 \\
    --region eu-central-1 --code-owner @acme/platform
  provisioner init --check           compare the files with those of this version
  provisioner init --diff | git apply    apply the differences
  provisioner init --format json ...     for programs, without questions

init does not change existing files, and a second run reads the answers from them.
Other answers only add to them: environments, products, code owners. init guesses
forge, repository and server from the git remote `origin`, and uses no network.
Without --release and --image, the files have zeros instead of a commit and a
digest. Jobs fail until you replace the zeros.";

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct InitArgs {
    /// Forge: github or gitlab [default: guessed from the remote]
    #[arg(long, value_name = "FORGE")]
    forge: Option<String>,
    /// Host of a self-hosted server [default: that of the remote]
    #[arg(long, value_name = "HOST")]
    server: Option<String>,
    /// Repository [default: that of the remote]
    #[arg(long, value_name = "OWNER/NAME|GROUP/PROJECT")]
    repository: Option<String>,
    /// Default branch [default: that of the remote, or main]
    #[arg(long, value_name = "BRANCH")]
    default_branch: Option<String>,
    /// Product of the first config
    #[arg(long, value_name = "NAME")]
    product: Option<String>,
    /// Folder of the configs [default: PRODUCT/configs]
    #[arg(long, value_name = "FOLDER")]
    configs: Option<String>,
    /// Environment with its accounts; repeatable
    #[arg(long, value_name = "NAME=ACCOUNT[,ACCOUNT]")]
    environment: Vec<String>,
    /// AWS region of the first config
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Prefix of stack names [default: the repository's owner]
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    /// Code owner of the setup; repeatable
    #[arg(long, value_name = "@USER|@ORG/TEAM")]
    code_owner: Vec<String>,
    /// Action or component, at the commit of a release
    #[arg(long, value_name = "OWNER/NAME@COMMIT")]
    release: Option<String>,
    /// GitLab: image of the jobs, by digest
    #[arg(long, value_name = "NAME@sha256:DIGEST")]
    image: Option<String>,
    /// GitLab: id of the user of the check's token
    #[arg(long, value_name = "ID")]
    check_user: Option<String>,
    /// Compare the files, and write nothing
    #[arg(long, conflicts_with = "diff")]
    check: bool,
    /// Print a patch for files that differ, and write nothing
    #[arg(long, conflicts_with = "format")]
    diff: bool,
    /// Print the results in this format
    #[arg(long, value_enum, default_value_t)]
    format: TextFormat,
}

fn after_help() -> String {
    let codes = exit_codes(&[
        (Exit::Ok, "written, or nothing to write"),
        (
            Exit::Config,
            "with --check: a file is missing, differs, has a placeholder, or is not on the default branch; the policy or the first config has errors",
        ),
        (
            Exit::Usage,
            "an answer is missing or invalid, or a folder is not writable",
        ),
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

impl InitArgs {
    fn givens(&self) -> Givens {
        let list = |values: &[String]| (!values.is_empty()).then(|| values.join(" "));
        let flags = [
            (Question::Forge, self.forge.clone()),
            (Question::Server, self.server.clone()),
            (Question::Repository, self.repository.clone()),
            (Question::Branch, self.default_branch.clone()),
            (Question::Product, self.product.clone()),
            (Question::Folder, self.configs.clone()),
            (Question::Environments, list(&self.environment)),
            (Question::Region, self.region.clone()),
            (Question::Prefix, self.prefix.clone()),
            (Question::Owners, list(&self.code_owner)),
            (Question::Release, self.release.clone()),
            (Question::Image, self.image.clone()),
            (Question::CheckUser, self.check_user.clone()),
        ];
        let origin = Origin::Person;
        let given = flags.into_iter().filter_map(|(question, text)| {
            let origin = origin.clone();
            Some((
                question,
                Given {
                    text: text?,
                    origin,
                },
            ))
        });
        given.collect()
    }
}

/// Why nothing was written.
enum Stop {
    /// Missing answers, and all problems.
    Answers(Vec<Question>, Vec<AnswerProblem>),
    Invalid(Vec<Diagnostic>),
}

impl From<Vec<AnswerProblem>> for Stop {
    fn from(problems: Vec<AnswerProblem>) -> Self {
        Self::Answers(Vec::new(), problems)
    }
}

impl From<Vec<Diagnostic>> for Stop {
    fn from(problems: Vec<Diagnostic>) -> Self {
        Self::Invalid(problems)
    }
}

impl From<PlanError> for Stop {
    fn from(error: PlanError) -> Self {
        match error {
            PlanError::Answer(problem) => vec![problem].into(),
            PlanError::Invalid(problems) => problems.into(),
        }
    }
}

impl Stop {
    fn exit(&self) -> Exit {
        match self {
            Self::Answers(..) => Exit::Usage,
            Self::Invalid(_) => Exit::Config,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Answers(_, problems) => {
                let lines = problems.iter().map(|problem| {
                    format!("error: {}\n  help: {}\n", problem.message, problem.help)
                });
                lines.collect()
            }
            Self::Invalid(problems) => diagnostics(problems),
        }
    }

    fn report(self, givens: &Givens) -> SetupReport {
        let (missing, problems, diagnostics) = match self {
            Self::Answers(missing, problems) => (missing, problems, Vec::new()),
            Self::Invalid(diagnostics) => (Vec::new(), Vec::new(), diagnostics),
        };
        SetupReport {
            problems,
            diagnostics,
            ..SetupReport::new(givens, &missing, &optional_questions(givens))
        }
    }
}

/// Writes what is missing. Returns standard output and the exit code.
pub fn run(args: &InitArgs) -> (String, Exit) {
    let mut givens = args.givens();
    match (init(args, &mut givens), args.format) {
        (Ok(done), _) => done,
        (Err(stop), TextFormat::Text) => {
            log::error!(target: LOG_TARGET, "{}", stop.text());
            (String::new(), stop.exit())
        }
        (Err(stop), TextFormat::Json) => {
            let exit = stop.exit();
            (json_text(&stop.report(&givens)).unwrap_or_default(), exit)
        }
    }
}

fn init(args: &InitArgs, givens: &mut Givens) -> Result<(String, Exit), Stop> {
    let repository = LocalRepository::open(PathBuf::from("."));
    let repository = repository.map_err(|error| {
        let help = "run it in the repository, or run `git init` first";
        Stop::from(vec![AnswerProblem::new(error.to_string(), help)])
    })?;
    let root = repository_folder();
    let (existing, mut blocked) = read(&root, &SETUP_PATHS);
    let policy = existing_policy(&existing)?;
    let earlier = earlier_answers(&existing, policy.as_ref());
    add_earlier(givens, earlier, policy.as_ref())?;
    let mut add = |others: Givens| {
        for (question, given) in others {
            givens.entry(question).or_insert(given);
        }
    };
    let (address, branch) = repository.origin();
    add(answers_of_remote(address.as_deref().unwrap_or_default()));
    if let Some(text) = branch {
        let origin = Origin::Guess("the git remote");
        add(Givens::from([(Question::Branch, Given { text, origin })]));
    }
    if let Some(text) = likely_default(&repository) {
        let origin = Origin::Guess("the local branches");
        add(Givens::from([(Question::Branch, Given { text, origin })]));
    }
    let is_quiet = args.check || args.diff || args.format == TextFormat::Json;
    answer(givens, &existing, &root, is_quiet)?;
    let answers = Answers::parse(givens)?;
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, &root);
    let facts = RepositoryFacts {
        configs: config_files(&root, &answers.folder),
        is_selected: selects(policy.as_ref(), &answers.folder),
        git: git_state(&repository, &answers.branch),
        above: root.display().to_string(),
    };
    let planned =
        |existing: &ExistingFiles| plan(&answers, existing, policy.as_ref(), &registry, &facts);
    // The answers name further files.
    let paths: Vec<String> = planned(&existing)?
        .files
        .into_iter()
        .map(|file| file.path)
        .collect();
    let (more, others) = read(&root, &paths);
    let places: Vec<&str> = paths.iter().map(String::as_str).collect();
    // A file of code owners that cannot be read would be replaced by the new one.
    let owners = code_owner_places(answers.forge);
    blocked.retain(|path, _| places.contains(&&**path) || owners.contains(&&**path));
    blocked.extend(others);
    if !blocked.is_empty() {
        let problems = blocked.into_values();
        let help = "move it away, or put a regular file there";
        let problems = problems.map(|message| AnswerProblem::new(message, help));
        return Err(problems.collect::<Vec<_>>().into());
    }
    let existing = ExistingFiles(existing.0.into_iter().chain(more.0).collect());
    finish(args, &planned(&existing)?, givens, &root)
}

/// The texts of files, and why others cannot be read or written, by path.
fn read(
    root: &std::path::Path,
    paths: &[impl AsRef<str>],
) -> (ExistingFiles, BTreeMap<String, String>) {
    let (mut texts, mut blocked) = (BTreeMap::new(), BTreeMap::new());
    for path in paths {
        let path = path.as_ref().to_owned();
        match setup_place(root, &path) {
            SetupPlace::Free => {}
            SetupPlace::Taken(text) => drop(texts.insert(path, text)),
            SetupPlace::Blocked(reason) => drop(blocked.insert(path, reason)),
        }
    }
    (ExistingFiles(texts), blocked)
}

fn existing_policy(existing: &ExistingFiles) -> Result<Option<Policy>, Stop> {
    let Some(text) = existing.policy() else {
        return Ok(None);
    };
    let path = RepoPath::typed(POLICY_FILE);
    Ok(Some(read_policy(&path, Some(text.as_bytes()))?))
}

/// Whether the globs of the policy select configs of a folder.
fn selects(policy: Option<&Policy>, folder: &str) -> bool {
    let globs = policy.map(|policy| policy.configs.as_slice());
    let selector = ConfigSelector::new(globs.unwrap_or_default());
    selector.is_ok_and(|selector| selector.selects(&format!("{folder}/config.yaml")))
}

/// Completes the answers: on a terminal by questions. Elsewhere each missing one is an error.
fn answer(
    givens: &mut Givens,
    existing: &ExistingFiles,
    root: &std::path::Path,
    is_quiet: bool,
) -> Result<(), Stop> {
    let open = open(existing, |folder: &str| {
        !config_files(root, folder).is_empty()
    });
    let is_terminal = std::io::stdin().is_terminal() && logger::bars().is_some() && !is_quiet;
    if is_terminal {
        let ask = |text: &str| {
            logger::prompt(text);
            let mut line = String::new();
            match std::io::stdin().lock().read_line(&mut line) {
                Ok(length) if length > 0 => Some(line),
                _ => None,
            }
        };
        if ask_all(givens, &open, ask).is_none() {
            let help = "answer all questions, or pass the flags";
            return Err(vec![AnswerProblem::new(
                "the input ended; nothing was written",
                help,
            )]
            .into());
        }
        givens.retain(|_, given| !given.text.is_empty());
    }
    complete(givens, &open);
    // Answers that follow from others are not missing as long as those are.
    let open = open(givens);
    let is_first = |question: &Question| !question.follows() || open.iter().all(|it| it.follows());
    let missing: Vec<Question> = open.iter().copied().filter(is_first).collect();
    // An invalid answer is reported beside the missing ones.
    let invalid = givens.iter().filter_map(|(question, given)| {
        let forge = givens.get(&Question::Forge).map(|given| &*given.text);
        crate::init::check_answer(*question, &given.text, forge.unwrap_or_default()).err()
    });
    let absent = missing.iter().map(|question| {
        AnswerProblem::new(
            format!("missing answer: {}", question.words()),
            format!("pass `{}`", question.flag()),
        )
    });
    let problems: Vec<AnswerProblem> = invalid.chain(absent).collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Stop::Answers(missing, problems)),
    }
}

fn finish(
    args: &InitArgs,
    plan: &SetupPlan,
    givens: &Givens,
    root: &std::path::Path,
) -> Result<(String, Exit), Stop> {
    if args.format == TextFormat::Text {
        for AnswerProblem { message, help } in &plan.warnings {
            log::warn!(target: LOG_TARGET, "warning: {message}\n  help: {help}\n");
        }
    }
    if args.diff {
        let missing = plan.files.iter();
        let missing = missing.filter(|file| file.state() == FileState::New && !file.is_sample);
        let missing: Vec<&str> = missing.map(|file| &*file.path).collect();
        if !missing.is_empty() {
            log::warn!(target: LOG_TARGET, "warning: the patch has no missing files: {}\n  help: run `provisioner init`, which writes them\n", missing.join(", "));
        }
        let is_asked = givens.values().any(|given| given.origin == Origin::Person);
        let differing = plan.files.iter();
        let differing = differing.filter(|file| file.state() == FileState::Differs);
        let differing: Vec<&str> = differing.map(|file| &*file.path).collect();
        if !is_asked && !differing.is_empty() {
            log::warn!(target: LOG_TARGET, "warning: without an answer, the patch replaces your own edits by the text of this version: {}\n  help: read it first; with an answer such as `--release`, your other lines stay\n", differing.join(", "));
        }
        return Ok((patch(plan), Exit::Ok));
    }
    let mode = match args.check {
        true => PlanMode::Check,
        false => PlanMode::Write,
    };
    if mode == PlanMode::Write {
        let new = plan
            .files
            .iter()
            .filter(|file| file.state() == FileState::New);
        let new: Vec<(&str, &str)> = new.map(|file| (&*file.path, &*file.text)).collect();
        create_files(root, &new).map_err(|errors| {
            let help = "allow writing there, and run it again; nothing was written";
            let problems = errors
                .into_iter()
                .map(|error| AnswerProblem::new(error, help));
            Stop::from(problems.collect::<Vec<_>>())
        })?;
    }
    let text = match args.format {
        TextFormat::Text => {
            let text = plan_text(
                plan,
                (givens, &args.givens()),
                mode,
                &root.display().to_string(),
            );
            escape_workflow_commands(&text)
        }
        TextFormat::Json => {
            let report = SetupReport::new(givens, &[], &optional_questions(givens));
            json_text(&report.with_plan(plan, mode)).unwrap_or_default()
        }
    };
    let is_done = |state: FileState, is_sample| match state {
        FileState::Unchanged => true,
        FileState::New => is_sample,
        FileState::Differs => false,
    };
    let same = plan
        .files
        .iter()
        .all(|file| is_done(file.state(), file.is_sample));
    let exit = match same && plan.findings.is_empty() || !args.check {
        true => Exit::Ok,
        false => Exit::Config,
    };
    Ok((text, exit))
}
