//! One seed is one run: of the provider and of AWS together, to the byte.

use serde_json::{Value, json};

use crate::core::objects;
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Makes both sides, plans them, and removes them; gives every call and both states.
fn run(seed: u64) -> (String, Value) {
    // A thread and a runtime of its own: nothing is left over from another run.
    let chain = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async move {
            crate::uids::seed(seed);
            let land = Landscape::strict(seed);
            let mut owner = land.service_side().await;
            owner.apply(SERVICE, "api", &land.service()).await;
            let service = owner.state("api");
            let mut user = land.consumer_side().await;
            let config = land.consumer(&service);
            user.apply(CONSUMER, "orders", &config).await;
            let states = json!([service, user.state("orders")]);
            owner.expect_empty(SERVICE, "api", &land.service()).await;
            user.expect_empty(CONSUMER, "orders", &config).await;
            for found in [user.destroy("orders").await, owner.destroy("api").await] {
                assert!(!found.has_errors(), "{found:#?}");
            }
            assert_eq!(objects(&land.world), json!({}));
            (serde_json::to_string(&land.world.calls()).unwrap(), states)
        })
    };
    std::thread::spawn(chain).join().unwrap()
}

#[test]
fn one_seed_gives_the_same_calls_and_states_to_the_byte() {
    let (first, second, other) = (run(1), run(1), run(2));
    assert!(first.0.matches("\"operation\"").count() > 80, "{}", first.0);
    if first.0 != second.0 {
        let calls = |text: &str| text.split("},{").map(ToOwned::to_owned).collect::<Vec<_>>();
        let (one, two) = (calls(&first.0), calls(&second.0));
        let at = one.iter().zip(&two).position(|(one, two)| one != two).unwrap_or(one.len().min(two.len()));
        panic!("the runs part at call {}:\n{:#?}\n{:#?}", at + 1, one.get(at), two.get(at));
    }
    assert_eq!(first.1, second.1);
    assert_ne!(first.0, other.0);
}
