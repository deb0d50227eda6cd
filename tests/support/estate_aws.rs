//! An AWS with many accounts that answers at once, for measurements in which an emulator would be measured instead of the program.
//!
//! It knows stacks of the product `note`: one parameter each. A creation ends when it is executed. It can delay every request, and throttle
//! each account and region as a token bucket does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Response, header};
use serde_json::{Value, json};

use super::loopback::Loopback;
use super::replay::{Protocol, RecordedRequest, refused};

const TIME: &str = "2026-11-25T09:00:00.000Z";

pub struct EstateAws {
    server: Loopback,
    world: Arc<Mutex<Accounts>>,
}

/// How many requests an account and region accepts.
#[derive(Clone, Copy)]
pub struct Rate {
    pub per_second: f64,
    pub burst: f64,
}

#[derive(Default)]
struct Accounts {
    latency: Duration,
    rate: Option<Rate>,
    /// So many of the next requests to CloudFormation are throttled, whatever their account.
    refused_first: usize,
    buckets: HashMap<String, (f64, Instant)>,
    /// By account and name.
    stacks: BTreeMap<(String, String), Stack>,
    /// Executions that fail, by the stack's name.
    failing: BTreeSet<String>,
    calls: BTreeMap<String, usize>,
    throttled: usize,
    executed: Vec<String>,
    most_in_flight: usize,
    in_flight: usize,
    /// Told once so many change sets were executed. From then on no request is answered.
    awaited: Option<(usize, Sender<()>)>,
    is_silent: bool,
}

struct Stack {
    id: String,
    status: &'static str,
    template: String,
    /// As the API returns them.
    tags: Vec<Value>,
    change_set: Option<ChangeSet>,
    token: String,
}

struct ChangeSet {
    name: String,
    template: String,
    tags: Vec<Value>,
}

impl EstateAws {
    pub fn start() -> Self {
        let world: Arc<Mutex<Accounts>> = Arc::default();
        let router = Router::new().fallback(answer).with_state(world.clone());
        Self {
            server: Loopback::start(router),
            world,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Delays every request, without limiting their number.
    pub fn slow(&self, latency: Duration) {
        self.world().latency = latency;
    }

    /// Throttles each account and region.
    pub fn throttle(&self, rate: Rate) {
        self.world().rate = Some(rate);
    }

    /// Throttles the next requests of all accounts to CloudFormation.
    pub fn refuse_first(&self, count: usize) {
        self.world().refused_first = count;
    }

    /// The creation of this stack fails and is rolled back.
    pub fn fail(&self, stack: &str) {
        self.world().failing.insert(stack.to_owned());
    }

    /// Requests of each operation, those that were throttled too.
    pub fn calls(&self) -> BTreeMap<String, usize> {
        self.world().calls.clone()
    }

    pub fn throttled(&self) -> usize {
        self.world().throttled
    }

    /// Most requests that were answered at the same time.
    pub fn most_in_flight(&self) -> usize {
        self.world().most_in_flight
    }

    /// Names of the stacks whose change sets were executed, in order.
    pub fn executed(&self) -> Vec<String> {
        self.world().executed.clone()
    }

    /// Receives once `count` change sets were executed. From then on no request is answered, until [`Self::speak`].
    pub fn silent_after(&self, count: usize) -> Receiver<()> {
        let (sender, receiver) = channel();
        self.world().awaited = Some((count, sender));
        receiver
    }

    pub fn speak(&self) {
        self.world().is_silent = false;
    }

    /// Number of complete stacks.
    pub fn complete(&self) -> usize {
        let world = self.world();
        let stacks = world.stacks.values();
        stacks
            .filter(|stack| stack.status == "CREATE_COMPLETE")
            .count()
    }

    /// Forgets the calls, and keeps the stacks.
    pub fn clear_calls(&self) {
        let mut world = self.world();
        world.calls.clear();
        world.executed.clear();
        world.throttled = 0;
        world.most_in_flight = 0;
    }

    fn world(&self) -> MutexGuard<'_, Accounts> {
        lock(&self.world)
    }
}

fn lock(world: &Mutex<Accounts>) -> MutexGuard<'_, Accounts> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts a request as answered when it is dropped, also if its client is gone.
struct InFlight(Arc<Mutex<Accounts>>);

impl Drop for InFlight {
    fn drop(&mut self) {
        lock(&self.0).in_flight -= 1;
    }
}

async fn answer(State(world): State<Arc<Mutex<Accounts>>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let (protocol, asked) = Protocol::read(&parts, &body);
    let latency = {
        let mut world = lock(&world);
        world.in_flight += 1;
        world.most_in_flight = world.most_in_flight.max(world.in_flight);
        world.latency
    };
    let _in_flight = InFlight(world.clone());
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let is_silent = lock(&world).is_silent;
    if is_silent {
        return std::future::pending().await;
    }
    let caller = Caller::of(&parts);
    let answer = lock(&world).answer(&caller, &asked);
    protocol.write(&asked.operation, &answer)
}

/// The account is the key's end, and the region is in the signature's scope.
struct Caller {
    account: String,
    region: String,
}

impl Caller {
    fn of(parts: &Parts) -> Self {
        let signed = parts.headers.get(header::AUTHORIZATION);
        let signed = signed
            .and_then(|it| it.to_str().ok())
            .and_then(|it| it.split_once("Credential="));
        let scope: Vec<&str> = signed.map_or(vec![], |(_, it)| it.split('/').collect());
        let part = |at: usize| scope.get(at).copied().unwrap_or_default();
        Self {
            account: part(0).trim_start_matches("ASIA").to_owned(),
            region: part(2).to_owned(),
        }
    }
}

impl Accounts {
    fn answer(&mut self, caller: &Caller, asked: &RecordedRequest) -> Value {
        *self.calls.entry(asked.operation.clone()).or_default() += 1;
        if asked.operation == "AssumeRoleWithWebIdentity" {
            return assumed(asked.get("RoleArn"));
        }
        let is_refused = self.refused_first > 0 && asked.operation != "GetCallerIdentity";
        if is_refused || self.is_throttled(caller) {
            self.refused_first -= usize::from(is_refused);
            self.throttled += 1;
            return refused("Throttling", "Rate exceeded");
        }
        match asked.operation.as_str() {
            "GetCallerIdentity" => {
                let account = &caller.account;
                let arn = format!("arn:aws:sts::{account}:assumed-role/provisioner-apply/job");
                json!({"Account": account, "Arn": arn})
            }
            "GetParameters" => self.parameters(caller, asked),
            "ListStacks" => json!({"StackSummaries": []}),
            "ListChangeSets" => json!({"Summaries": []}),
            "DescribeEvents" => json!({"OperationEvents": []}),
            "DescribeChangeSetHooks" => json!({"Status": "PLANNED", "Hooks": []}),
            "DescribeStacks" => self.described(caller, asked),
            "CreateChangeSet" => self.proposed(caller, asked),
            _ => self.of_stack(caller, asked),
        }
    }

    /// The parameters of complete stacks. Each has the name of its stack.
    fn parameters(&self, caller: &Caller, asked: &RecordedRequest) -> Value {
        let names: Vec<String> = serde_json::from_str(asked.get("Names")).unwrap_or_default();
        let exists = |name: &&String| {
            let stack = name.trim_start_matches("/notes/").to_owned();
            let stack = self.stacks.get(&(caller.account.clone(), stack));
            stack.is_some_and(|stack| stack.status == "CREATE_COMPLETE")
        };
        let (known, unknown): (Vec<&String>, Vec<&String>) = names.iter().partition(exists);
        let value = |name: &&String| json!({"Name": name, "Type": "String", "Value": "hello"});
        let known: Vec<Value> = known.iter().map(value).collect();
        json!({"Parameters": known, "InvalidParameters": unknown})
    }

    fn is_throttled(&mut self, caller: &Caller) -> bool {
        let Some(rate) = self.rate else {
            return false;
        };
        let lane = format!("{}/{}", caller.account, caller.region);
        let now = Instant::now();
        let (left, since) = self.buckets.entry(lane).or_insert((rate.burst, now));
        *left += since.elapsed().as_secs_f64() * rate.per_second;
        *left = left.min(rate.burst);
        *since = now;
        let is_empty = *left < 1.0;
        if !is_empty {
            *left -= 1.0;
        }
        is_empty
    }

    /// The key of the stack that a request names, by its name or its ARN.
    fn key(caller: &Caller, asked: &RecordedRequest) -> (String, String) {
        let given = ["StackName", "ChangeSetName"]
            .iter()
            .find_map(|name| asked.parameters.get(*name));
        let given = given.map_or("", String::as_str);
        let name = match given.starts_with("arn:") {
            true => given.split('/').nth(1).unwrap_or(given),
            false => given,
        };
        (caller.account.clone(), name.to_owned())
    }

    fn described(&self, caller: &Caller, asked: &RecordedRequest) -> Value {
        if !asked.has("StackName") {
            let own = self
                .stacks
                .iter()
                .filter(|((account, _), _)| *account == caller.account);
            let own: Vec<Value> = own
                .map(|((_, name), stack)| stack.described(name))
                .collect();
            return json!({"Stacks": own});
        }
        let key = Self::key(caller, asked);
        match self.stacks.get(&key) {
            Some(stack) => json!({"Stacks": [stack.described(&key.1)]}),
            None => missing(&key.1),
        }
    }

    fn proposed(&mut self, caller: &Caller, asked: &RecordedRequest) -> Value {
        let key = Self::key(caller, asked);
        let (account, region) = (&caller.account, &caller.region);
        let id = format!(
            "arn:aws:cloudformation:{region}:{account}:stack/{}/6a2f6d30-0000-4000-8000-000000000001",
            key.1
        );
        let stack = self.stacks.entry(key).or_insert(Stack {
            id,
            status: "REVIEW_IN_PROGRESS",
            template: String::new(),
            tags: vec![],
            change_set: None,
            token: String::new(),
        });
        let tag = |at: usize| {
            let part = |part: &str| asked.parameters.get(&format!("Tags.member.{at}.{part}"));
            Some(json!({"Key": part("Key")?, "Value": part("Value")?}))
        };
        let name = asked.get("ChangeSetName").to_owned();
        let made = json!({"Id": stack.change_set_id(&name), "StackId": stack.id});
        stack.change_set = Some(ChangeSet {
            name,
            template: asked.get("TemplateBody").to_owned(),
            tags: (1..).map_while(tag).collect(),
        });
        made
    }

    fn of_stack(&mut self, caller: &Caller, asked: &RecordedRequest) -> Value {
        let mut key = Self::key(caller, asked);
        if asked.has("ChangeSetName") && !asked.has("StackName") {
            let id = asked.get("ChangeSetName");
            let owner = self.stacks.iter().find(|(_, stack)| stack.has(id));
            let Some((owner, _)) = owner else {
                return refused(
                    "ChangeSetNotFound",
                    &format!("ChangeSet [{id}] does not exist"),
                );
            };
            key = owner.clone();
        }
        let fails = self.failing.contains(&key.1);
        let Some(stack) = self.stacks.get_mut(&key) else {
            return missing(&key.1);
        };
        match asked.operation.as_str() {
            "DescribeChangeSet" => stack.proposal(),
            "DeleteChangeSet" => {
                stack.change_set = None;
                json!({})
            }
            "DeleteStack" => {
                self.stacks.remove(&key);
                json!({})
            }
            "GetTemplate" => json!({"TemplateBody": stack.template}),
            "ExecuteChangeSet" => {
                let made = stack.change_set.take().expect("a change set");
                (stack.template, stack.tags) = (made.template, made.tags);
                stack.status = match fails {
                    true => "ROLLBACK_COMPLETE",
                    false => "CREATE_COMPLETE",
                };
                stack.token = asked.get("ClientRequestToken").to_owned();
                self.executed.push(key.1);
                if let Some((count, sender)) = &self.awaited
                    && self.executed.len() == *count
                {
                    let _ = sender.send(());
                    self.is_silent = true;
                }
                json!({})
            }
            "DescribeStackEvents" => stack.events(&key.1),
            other => refused("ValidationError", &format!("{other} is not known here")),
        }
    }
}

impl Stack {
    fn change_set_id(&self, name: &str) -> String {
        let arn = self.id.replace(":stack/", ":changeSet/");
        let name_of_stack = arn.split('/').nth(1).unwrap_or_default();
        arn.replace(
            &format!("/{name_of_stack}/"),
            &format!("/{name}/{name_of_stack}/"),
        )
    }

    fn has(&self, change_set: &str) -> bool {
        let own = self.change_set.as_ref();
        own.is_some_and(|own| own.name == change_set || self.change_set_id(&own.name) == change_set)
    }

    fn described(&self, name: &str) -> Value {
        json!({
            "StackId": self.id, "StackName": name, "CreationTime": TIME, "StackStatus": self.status,
            "Tags": self.tags, "Outputs": [{"OutputKey": "Note", "OutputValue": format!("/notes/{name}")}],
        })
    }

    fn proposal(&self) -> Value {
        let Some(proposed) = &self.change_set else {
            return refused("ChangeSetNotFound", "ChangeSet does not exist");
        };
        let id = self.change_set_id(&proposed.name);
        let change = json!({"Type": "Resource", "ResourceChange": {
            "Action": "Add", "LogicalResourceId": "Note", "ResourceType": "AWS::SSM::Parameter", "Scope": [], "Details": [],
        }});
        json!({
            "ChangeSetId": id, "ChangeSetName": proposed.name, "StackId": self.id, "Status": "CREATE_COMPLETE",
            "ExecutionStatus": "AVAILABLE", "CreationTime": TIME, "Tags": proposed.tags, "Changes": [change],
        })
    }

    fn events(&self, name: &str) -> Value {
        let of_stack = |event: &str, status: &str| {
            json!({
                "StackId": self.id, "StackName": name, "EventId": event, "LogicalResourceId": name,
                "PhysicalResourceId": self.id, "ResourceType": "AWS::CloudFormation::Stack", "Timestamp": TIME,
                "ResourceStatus": status, "ClientRequestToken": self.token,
            })
        };
        let mut events = vec![of_stack("review", "REVIEW_IN_PROGRESS")];
        if self.status != "REVIEW_IN_PROGRESS" {
            events.insert(0, of_stack("begun", "CREATE_IN_PROGRESS"));
            events.insert(0, of_stack("ended", self.status));
        }
        json!({"StackEvents": events})
    }
}

fn assumed(role: &str) -> Value {
    let account = role.split(':').nth(4).unwrap_or_default();
    json!({
        "Credentials": {
            "AccessKeyId": format!("ASIA{account}"), "SecretAccessKey": "secret", "SessionToken": "session",
            "Expiration": "2099-01-01T00:00:00Z",
        },
        "AssumedRoleUser": {"AssumedRoleId": "AROA:job", "Arn": format!("{role}/job")},
    })
}

/// Every parameter exists, with the value of the product.
fn missing(stack: &str) -> Value {
    refused(
        "ValidationError",
        &format!("Stack with id {stack} does not exist"),
    )
}
