//! What only the GitLab adapter has. What both adapters owe the flows is in `forge/contract`.

mod check_user;
mod conversation;
mod reviews;
mod statuses;

use provisioner::forge::gitlab::{GitLab, ProjectAccess};

use crate::forge::contract::{self, id};
use crate::support::gitlab::GitLab as GitLabFake;

type Scene = contract::Scene<GitLabFake>;

fn new_scene() -> Scene {
    Scene::new()
}

impl Scene {
    /// Calls the adapter with a changed access.
    fn call_with<T>(
        &self,
        change: impl FnOnce(&mut ProjectAccess),
        work: impl AsyncFnOnce(&GitLab) -> T,
    ) -> T {
        provisioner::pacing::shorten_to(1);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        let mut access = contract::access(&self.fake, &self.repo, self.fake.apply_token());
        change(&mut access);
        runtime.block_on(async { work(&GitLab::new(&access).unwrap()).await })
    }
}
