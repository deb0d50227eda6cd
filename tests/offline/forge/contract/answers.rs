//! Answers that are none: throttling, outages, refused tokens. The port names the kind.

use provisioner::forge::{ForgeErrorKind, PullRequests as _, Statuses as _};

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene};
use crate::support::forge::Fault;

fn error_of<F: ForgeFixture>(fault: Fault) -> (ForgeErrorKind, usize) {
    let scene = Scene::<F>::new();
    scene.fake.fault_always(F::ROUTES.pull_request, fault);
    let read = scene.call(async |forge| forge.pull_request(7).await);
    (read.unwrap_err().kind, scene.fake.requests().len())
}

/// A long limit ends the run at once, with the time of its end.
fn a_long_limit_is_not_waited_for<F: ForgeFixture>() {
    for fault in [
        Fault::TooManyRequests { retry_after: 3600 },
        Fault::SecondaryLimit { retry_after: 3600 },
        Fault::PrimaryLimit { reset_in: 3600 },
    ] {
        let (kind, calls) = error_of::<F>(fault.clone());
        let ForgeErrorKind::Limited { until } = kind else {
            panic!("{fault:?}: {kind:?}");
        };
        assert!(until.is_some(), "{fault:?}");
        assert_eq!(calls, 1, "{fault:?}");
    }
}

fn a_short_limit_is_waited_for<F: ForgeFixture>() {
    for fault in [
        Fault::TooManyRequests { retry_after: 1 },
        Fault::SecondaryLimit { retry_after: 1 },
    ] {
        let scene = Scene::<F>::new();
        scene.fake.fault(F::ROUTES.pull_request, fault);
        let read = scene.call(async |forge| forge.pull_request(7).await);
        assert_eq!(read.unwrap().number, 7);
    }
}

fn an_outage_is_tried_again<F: ForgeFixture>() {
    for fault in [
        Fault::Status(500),
        Fault::Status(502),
        Fault::DropBefore,
        Fault::CutBody,
    ] {
        let scene = Scene::<F>::new();
        scene.fake.fault(F::ROUTES.pull_request, fault.clone());
        let read = scene.call(async |forge| forge.pull_request(7).await);
        assert_eq!(read.unwrap().number, 7, "{fault:?}");
        let (kind, calls) = error_of::<F>(fault.clone());
        assert_eq!(kind, ForgeErrorKind::Unreachable, "{fault:?}");
        assert!((2..=5).contains(&calls), "{calls} calls");
    }
}

fn a_refused_token_is_expired<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let read = scene.call_as("wrong".to_owned(), async |forge| {
        forge.pull_request(7).await
    });
    assert_eq!(read.unwrap_err().kind, ForgeErrorKind::Expired);
    assert_eq!(scene.fake.requests().len(), 1);
}

fn a_stranger_sees_no_private_repository<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let stranger = scene.fake.user("stranger");
    let token = F::token_of(&scene.fake, &stranger);
    let head = scene.head();
    scene.call_as(token, async |forge| {
        let read = forge.pull_request(7).await.unwrap_err();
        assert!(read.is_not_found(), "{read}");
        let own = super::id(&stranger);
        let history = forge.status_history(&head, own, "provisioner/plan").await;
        assert!(history.unwrap_err().is_withheld());
    });
}

/// Both forges answer half a list, and no list, as if that were all.
fn a_partial_list_is_an_error<F: ForgeFixture>() {
    for fault in [
        Fault::TruncatedJson,
        Fault::Text(200, String::new()),
        Fault::Json(200, serde_json::json!({"message": "soon"})),
    ] {
        let scene = Scene::<F>::new();
        let (head, own) = (scene.head(), scene.own());
        F::status(&scene.repo, head.as_str(), "other", true, &scene.bob);
        scene.fake.fault_always(F::ROUTES.statuses, fault.clone());
        scene.call(async |forge| {
            let history = forge.status_history(&head, own, "provisioner/plan").await;
            assert!(history.is_err(), "{fault:?}");
        });
    }
}

on_both_forges! {
    a_long_limit_is_not_waited_for
    a_short_limit_is_waited_for
    an_outage_is_tried_again
    a_refused_token_is_expired
    a_stranger_sees_no_private_repository
    a_partial_list_is_an_error
}
