//! One seed owns ids, durations, order and lag.
//!
//! Each call gets a generator of its own, made of the seed, the account, the operation and how many of that account's calls
//! of it came before. Callers that race change the order of calls, never what one account's third `CreateVpcEndpoint` draws;
//! in process, on the paused clock, the whole run is the same bytes.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Makes the generator of a purpose, named by words and a count.
pub fn stream(seed: u64, words: &[&str], count: u64) -> ChaCha8Rng {
    let mut key = [0_u8; 32];
    let lanes = [fnv(seed, words), fnv(seed ^ 0x9e37_79b9_7f4a_7c15, words), seed, count];
    for (slot, byte) in key.iter_mut().zip(lanes.iter().flat_map(|lane| lane.to_le_bytes())) {
        *slot = byte;
    }
    ChaCha8Rng::from_seed(key)
}

/// Draws `length` hexadecimal digits.
pub fn hex(rng: &mut ChaCha8Rng, length: usize) -> String {
    draw_from(rng, b"0123456789abcdef", length)
}

/// Draws `length` characters out of an alphabet.
pub fn draw_from(rng: &mut ChaCha8Rng, alphabet: &[u8], length: usize) -> String {
    (0..length)
        .filter_map(|_| {
            let at = rng.random_range(0..alphabet.len().max(1));
            alphabet.get(at).map(|byte| char::from(*byte))
        })
        .collect()
}

/// Mixes words into 64 bits (FNV-1a); ChaCha does the rest.
fn fnv(seed: u64, words: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for word in words {
        for byte in word.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_call_of_the_same_account_draws_the_same() {
        let draw = |seed, account, count| hex(&mut stream(seed, &[account, "CreateVpc"], count), 16);
        assert_eq!(draw(1, "111111111111", 0), draw(1, "111111111111", 0));
        assert_ne!(draw(1, "111111111111", 0), draw(1, "111111111111", 1));
        assert_ne!(draw(1, "111111111111", 0), draw(1, "222222222222", 0));
        assert_ne!(draw(1, "111111111111", 0), draw(2, "111111111111", 0));
    }
}
