//! Merge trains (Premium and Ultimate).
//! <https://docs.gitlab.com/api/merge_trains/>

use super::client::GitLab;
use super::wire;
use crate::forge::route::segment;
use crate::forge::{ForgeError, QueuedPullRequest, Reviews as _, commit_sha};

/// A train runs at most 20 pipelines at once.
const MAX_PAGES: usize = 3;

impl GitLab {
    /// The merge requests of a train, each with the commit that its pipeline checks. Empty without trains.
    pub(super) async fn merge_train(
        &self,
        branch: &str,
    ) -> Result<Vec<QueuedPullRequest>, ForgeError> {
        let what = format!("merge train of {branch:?}");
        let name = segment(branch)
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be a branch's name"))?;
        let route = format!("{}/merge_trains/{name}?scope=active&sort=asc", self.root);
        let cars = match self
            .get_all::<wire::TrainCar>(&what, &route, MAX_PAGES)
            .await
        {
            Ok(cars) => cars,
            Err(error) if error.is_withheld() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut queue = Vec::new();
        for car in cars {
            let head = car.pipeline.and_then(|pipeline| pipeline.sha);
            let (Some(request), Some(head)) = (car.merge_request, head) else {
                continue;
            };
            let head = commit_sha(&what, &head)?;
            // The commit is a merge onto the one before it.
            let base = self.parents(&head).await?.into_iter().next();
            queue.extend(base.map(|base| QueuedPullRequest {
                number: request.iid,
                base,
                head,
            }));
        }
        Ok(queue)
    }
}
