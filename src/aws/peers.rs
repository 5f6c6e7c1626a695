//! Whether a peer's credentials are there, before anything is asked with them.

use std::borrow::Cow;

use aws_config::profile;
use aws_types::os_shim_internal::{Env, Fs};

use super::client::Aws;
use super::credentials::profile_files;
use super::settings::{Identity, Settings};
use crate::engine::{Class, Failure, Result};

impl Aws {
    /// Whether the provider block has this peer, and its profile is in the files. Makes no call.
    pub async fn check_peer(&self, name: &str) -> Result<()> {
        self.account(Some(name))?;
        let settings = self.settings();
        match settings.peers.get(name) {
            Some(identity) => check_profile(settings, identity, name).await,
            None => Ok(()),
        }
    }
}

/// Files that cannot be read are told where they are used, with more words than are known here.
async fn check_profile(settings: &Settings, identity: &Identity, peer: &str) -> Result<()> {
    let Some(profile) = &identity.profile else { return Ok(()) };
    let files = profile_files(settings).unwrap_or_default();
    let chosen = Some(Cow::Owned(profile.clone()));
    let Ok(found) = profile::load(&Fs::real(), &Env::real(), &files, chosen).await else { return Ok(()) };
    if found.get_profile(profile).is_some() {
        return Ok(());
    }
    let mut known: Vec<&str> = found.profiles().collect();
    known.sort_unstable();
    let known = if known.is_empty() { "They hold none".to_owned() } else { format!("They hold {}", known.join(", ")) };
    Err(Failure::new(
        Class::Invalid,
        format!("The peer_account {peer:?} uses the profile {profile:?}, which is not in the AWS configuration files"),
    )
    .advise(format!(
        "{known}. Correct the profile, add it to ~/.aws/config, or name other files in shared_config_files"
    ))
    .about("peer_account"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_profile_that_is_missing_is_told_with_those_that_are_there() {
        let folder = std::env::temp_dir().join(format!("privatelink-profiles-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("config");
        std::fs::write(&file, "[profile web]\nregion = us-east-1\n[profile shop]\nregion = us-east-1\n").unwrap();
        let path = vec![file.to_string_lossy().into_owned()];
        let settings =
            Settings { shared_config_files: path.clone(), shared_credentials_files: path, ..Settings::default() };
        let of = |profile: &str| Identity { profile: Some(profile.into()), ..Identity::default() };
        check_profile(&settings, &of("shop"), "service").await.unwrap();
        check_profile(&settings, &Identity::default(), "service").await.unwrap();
        let failure = check_profile(&settings, &of("shpo"), "service").await.unwrap_err();
        assert!(failure.message.contains("\"service\"") && failure.message.contains("\"shpo\""), "{failure:?}");
        assert!(failure.advice.as_ref().is_some_and(|advice| advice.contains("They hold shop, web")), "{failure:?}");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
