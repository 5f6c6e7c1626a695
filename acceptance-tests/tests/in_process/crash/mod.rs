//! The provider's process is killed at a call: core keeps the state that it had before.
//!
//! After a killed update the next apply finds by its own uid what the dead run made. After a killed
//! creation the state is empty: the next apply finds the dead run's tag, watches it for a term, and goes on under
//! the dead run's uid.

mod creation;
mod destroy;
mod siblings;
mod twice;
mod update;

pub(crate) use creation::takes_up;

use acceptance_tests::simulator::World;
use acceptance_tests::simulator::faults::{Fault, Strike};
use privatelink::diagnostic::Diagnostics;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use crate::consumer_setting::Setting;
use crate::core::{Terraform, objects, texts};
use crate::landscape::{CONSUMER, Landscape, SERVICE};

/// Applies, and kills the provider at the call; whether it came that far.
pub(crate) async fn killed(
    terraform: &Terraform,
    resource_type: &'static str,
    name: &'static str,
    config: &Json,
    fault: Fault,
) -> bool {
    let (mut running, config) = (terraform.clone(), config.clone());
    dies(&terraform.world, fault, async move { running.try_apply(resource_type, name, &config).await }).await
}

/// Destroys, and kills the provider at the call; whether it came that far.
pub(crate) async fn killed_destroy(terraform: &Terraform, name: &'static str, fault: Fault) -> bool {
    let mut running = terraform.clone();
    dies(&terraform.world, fault, async move { running.destroy(name).await }).await
}

/// Whether a run in a process of its own comes to the fault and dies of it.
async fn dies(world: &World, fault: Fault, run: impl Future<Output = Diagnostics> + Send + 'static) -> bool {
    let mut process = JoinSet::new();
    let handle = process.spawn(run);
    world.on_kill(Box::new(move |_| handle.abort()));
    world.set_faults(vec![fault]);
    let end = process.join_next().await.unwrap();
    world.set_faults(Vec::new());
    end.is_err_and(|end| end.is_cancelled())
}

/// Two listeners more, and other settings: objects to be made, changed and removed.
fn grown(land: &Landscape) -> Json {
    let mut config = land.service();
    config["tags"]["changed"] = json!("yes");
    config["listener"] = json!([
        {"name": "https", "port": 443, "target_port": 8443, "target_ids": land.ids["provider_instance_ids"]},
        {"name": "admin", "port": 9443, "target_ids": land.ids["provider_instance_ids"]},
    ]);
    config
}

/// Both sides as they are before the runs that are killed, everything that the run needs made.
struct Scene {
    setting: Setting,
    kind: &'static str,
    name: &'static str,
    /// What the killed run is for.
    wanted: Json,
}

impl Scene {
    /// An update that makes, changes and removes objects of each kind that can be left behind.
    async fn update(seed: u64, kind: &'static str) -> Self {
        let mut setting = Setting::bare(seed).await;
        let mut wanted = grown(&setting.land);
        let mut config = setting.land.service();
        config.as_object_mut().unwrap().remove("private_dns");
        setting.owner.try_apply(SERVICE, "api", &config).await;
        if kind == CONSUMER {
            wanted = setting.land.consumer(&setting.owner.state("api"));
            wanted["private_dns_enabled"] = json!(false);
            config = wanted.clone();
            let entries = config.as_object_mut().unwrap();
            entries.remove("dns");
            entries.remove("ingress");
            entries.insert("security_group_ids".to_owned(), json!([setting.land.ids["application_security_group_id"]]));
            let found = setting.user.try_apply(CONSUMER, "orders", &config).await;
            assert!(!found.has_errors(), "{:#?}", texts(&found));
        }
        Self { setting, kind, name: if kind == CONSUMER { "orders" } else { "api" }, wanted }
    }

    /// A consumer whose records in a zone of its own are about to be others.
    async fn records(seed: u64) -> Self {
        let mut setting = Setting::bare(seed).await;
        let mut config = setting.land.service();
        config.as_object_mut().unwrap().remove("private_dns");
        setting.owner.try_apply(SERVICE, "api", &config).await;
        let mut config = setting.land.consumer(&setting.owner.state("api"));
        config["private_dns_enabled"] = json!(false);
        let found = setting.user.try_apply(CONSUMER, "orders", &config).await;
        assert!(!found.has_errors(), "{:#?}", texts(&found));
        let mut wanted = config;
        wanted["dns"][0]["record"] = json!([{"name": "@"}, {"name": "web"}, {"name": "*.web"}]);
        Self { setting, kind: CONSUMER, name: "orders", wanted }
    }

    fn side(&mut self) -> &mut Terraform {
        if self.kind == CONSUMER { &mut self.setting.user } else { &mut self.setting.owner }
    }

    /// Terraform starts the provider anew.
    async fn start_anew(&mut self) {
        let land = &self.setting.land;
        let fresh = if self.kind == CONSUMER { land.consumer_side().await } else { land.service_side().await };
        self.side().provider = fresh.provider;
    }

    async fn destroy_all(&mut self, case: &str) {
        for (side, name) in [(&mut self.setting.user, "orders"), (&mut self.setting.owner, "api")] {
            let found = side.destroy(name).await;
            assert!(!found.has_errors(), "{case}: {:#?}", texts(&found));
        }
        assert_eq!(objects(&self.setting.land.world), json!({}), "{case}");
    }
}

/// A kill at a call, before it is sent or after its effect.
fn kill(call: u64, before: bool) -> (Fault, String) {
    let fault = Fault::at("*", call, Strike::Kill);
    let case = format!("killed {} call {call}", if before { "before" } else { "after" });
    (if before { fault.before() } else { fault }, case)
}
