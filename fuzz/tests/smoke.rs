//! Every target over its kept corpus and some thousands of mutations of it, on stable Rust, without libFuzzer.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use privatelink_fuzz::{TARGETS, Target};

/// Mutations of each target; `FUZZ_MUTATIONS` sets another number.
const MUTATIONS: usize = 3000;
/// A world is made for each of these.
const WORLDS: usize = 400;
/// Longest input: a mutation may double.
const LONGEST: usize = 1 << 16;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    // Not as the file system lists them: one seed is one run.
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("a file")).collect()
}

/// What goes wrong with bytes: flipped, lost, doubled, mixed with others, numbers at their ends.
fn mutated(random: &mut fastrand::Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    const WORDS: [&[u8]; 14] = [
        b"\xff\xff\xff\xff",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\x7f\xff\xff\xff",
        b"\xc7\xff\x0c",
        b"\x00",
        b"-0",
        b"1e400",
        b"NaN",
        b"18446744073709551616",
        b"\xed\xa0\x80",
        b"[[[[[[[[",
        b"{\"\":",
        b"&amp;",
        b"%00",
    ];
    let mut bytes = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=bytes.len());
        let end = random.usize(at..=bytes.len());
        match random.u8(..7) {
            0 if at < bytes.len() => bytes[at] = random.u8(..),
            1 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            2 => drop(bytes.drain(at..end)),
            3 => bytes.truncate(at),
            4 => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
            5 => {
                let other = &corpus[random.usize(..corpus.len())];
                let from = random.usize(..=other.len());
                bytes.splice(at..end, other[from..].iter().copied());
            }
            _ => drop(bytes.splice(at..at, WORDS[random.usize(..WORDS.len())].iter().copied())),
        }
        bytes.truncate(LONGEST);
    }
    bytes
}

fn passes(name: &str, target: Target, input: &[u8], told: &str) {
    if catch_unwind(|| target(input)).is_err() {
        let path = std::env::temp_dir().join(format!("privatelink-fuzz-{name}"));
        let kept = fs::write(&path, input).map_or_else(|error| error.to_string(), |()| path.display().to_string());
        panic!("{name} fell over {told}; the input is in {kept}; replay: cargo run --bin {name} -- {kept}");
    }
}

#[test]
fn every_target_passes_its_corpus_and_mutations_of_it() {
    let seed = number("FUZZ_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("FUZZ_SEED={seed}");
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for input in &corpus {
            passes(name, target, input, "its corpus");
        }
        let usual = if name.starts_with("simulator") { WORLDS } else { MUTATIONS };
        let count = number("FUZZ_MUTATIONS").and_then(|count| usize::try_from(count).ok()).unwrap_or(usual);
        let mut random = fastrand::Rng::with_seed(seed);
        for round in 0..count {
            let input = mutated(&mut random, &corpus);
            passes(name, target, &input, &format!("mutation {round} with FUZZ_SEED={seed}"));
        }
        println!("{name}: {} files, {count} mutations", corpus.len());
    }
}

#[test]
fn every_corpus_belongs_to_a_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(folder).expect("the corpora") {
        let name = entry.expect("an entry").file_name();
        assert!(TARGETS.iter().any(|(known, _)| name == *known), "{}", name.display());
    }
}
