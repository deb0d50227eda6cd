//! What only the GitLab adapter has. What both adapters owe the flows is in `forge/contract`.

mod check_user;
mod conversation;
mod reviews;
mod statuses;

use provisioner::forge::gitlab::{GitLab, JobPipeline, ProjectAccess};
use secrecy::SecretString;

use crate::forge::contract::{self, id};
use crate::support::gitlab::GitLab as GitLabFake;

type Scene = contract::Scene<GitLabFake>;

fn new_scene() -> Scene {
    Scene::new()
}

impl Scene {
    /// Calls the adapter in a job with a pipeline.
    fn call_in<T>(&self, pipeline: JobPipeline, work: impl AsyncFnOnce(&GitLab) -> T) -> T {
        provisioner::pacing::shorten_to(1);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let access = ProjectAccess {
            api_url: self.fake.api_url(),
            project: self.repo.id,
            path: self.repo.full_name.clone(),
            token: Some(SecretString::from(self.fake.check_token())),
            git: None,
            run: None,
            pipeline: Some(pipeline),
            claims: None,
            check_user: None,
            since: None,
        };
        runtime.block_on(async { work(&GitLab::new(&access).unwrap()).await })
    }
}
