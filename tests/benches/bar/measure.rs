//! Processes timed from outside, and samples taken in turn.

use std::fmt;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::BenchError;

/// Untimed runs of every contender before the first round.
const WARM_UP: usize = 2;
/// Size of a read from a pipe; larger than the pipe's buffer.
const AT_ONCE: usize = 1 << 20;

/// A program that is started again and again with the same command line. Its stdout is a pipe that
/// is read to its end, as a shell's `$(…)` or `jq` would.
pub(crate) struct Process {
    command: Command,
    buffer: Vec<u8>,
    expected: Expected,
}

/// The stdout that a process must write, because the time of a wrong answer means nothing.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    /// Exactly these bytes, which fit the buffer.
    Text(Vec<u8>),
    /// This number of bytes, discarded as they arrive: comparing megabytes would take part of the
    /// time.
    Bytes(usize),
}

impl Process {
    /// Creates one from a command that has its program, arguments and environment.
    pub(crate) fn new(mut command: Command, expected: Expected) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        // One byte more than a long text has, so that longer output does not equal it.
        let room = match &expected {
            Expected::Text(text) => AT_ONCE.max(text.len() + 1),
            Expected::Bytes(_) => AT_ONCE,
        };
        Self {
            command,
            buffer: vec![0; room],
            expected,
        }
    }

    /// Sets a variable of its environment. The buffer is reused, because a new process would first
    /// have to touch the pages of its own.
    pub(crate) fn with(&mut self, name: &str, value: &str) -> &mut Self {
        self.command.env(name, value);
        self
    }

    /// Runs it once and returns the time from before its start to after its end.
    pub(crate) fn run(&mut self) -> Result<Duration, BenchError> {
        let start = Instant::now();
        let mut child = self.command.spawn()?;
        let written = self.drain(&mut child)?;
        let status = child.wait()?;
        let took = start.elapsed();
        let is_right = match &self.expected {
            Expected::Text(text) => self.buffer.get(..written) == Some(text),
            Expected::Bytes(bytes) => *bytes == written,
        };
        if !status.success() || !is_right {
            return Err(BenchError::Command {
                command: format!("{:?}", self.command),
                code: status.code(),
                stderr: format!("{written} bytes on stdout, expected are {}", self.expected),
            });
        }
        Ok(took)
    }

    fn drain(&mut self, child: &mut Child) -> Result<usize, BenchError> {
        let Some(mut stdout) = child.stdout.take() else {
            return BenchError::unexpected("a child without a pipe");
        };
        let is_kept = matches!(self.expected, Expected::Text(_));
        let mut written = 0;
        loop {
            let begin = if is_kept { written } else { 0 };
            // Output longer than the buffer is cut here, and is then reported as wrong.
            let room = self.buffer.get_mut(begin..).unwrap_or_default();
            match stdout.read(room)? {
                0 => return Ok(written),
                count => written += count,
            }
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(formatter, "`{}`", String::from_utf8_lossy(text)),
            Self::Bytes(bytes) => write!(formatter, "{bytes} bytes"),
        }
    }
}

/// One contender of a comparison: takes the number of the round and returns the time it took.
pub(crate) type Contender<'a> = &'a mut dyn FnMut(usize) -> Result<Duration, BenchError>;

/// Runs the contenders in turn; each round begins with another one.
pub(crate) fn in_turn<const N: usize>(
    rounds: usize,
    contenders: &mut [Contender<'_>; N],
) -> Result<[Samples; N], BenchError> {
    let mut samples: [Samples; N] = std::array::from_fn(|_| Samples::default());
    for round in 0..rounds + WARM_UP {
        for turn in 0..N {
            let which = (turn + round) % N;
            let took = contenders[which](round)?;
            if round >= WARM_UP {
                samples[which].push(took);
            }
        }
    }
    Ok(samples)
}

/// Times one process by itself.
pub(crate) fn alone(rounds: usize, process: &mut Process) -> Result<Samples, BenchError> {
    let [samples] = in_turn(rounds, &mut [&mut |_| process.run()])?;
    Ok(samples)
}

/// Times two processes in turn.
pub(crate) fn both(
    rounds: usize,
    [one, other]: [&mut Process; 2],
) -> Result<[Samples; 2], BenchError> {
    in_turn(rounds, &mut [&mut |_| one.run(), &mut |_| other.run()])
}

/// The samples of a contender, one a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a duration, in seconds.
    pub(crate) fn push(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64());
    }

    /// Adds a sample in any unit.
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Returns the median.
    pub(crate) fn median(&self) -> f64 {
        percentile(&self.0, 50)
    }

    /// Returns the 10th percentile, which the machine's other load hardly disturbs.
    pub(crate) fn undisturbed(&self) -> f64 {
        percentile(&self.0, 10)
    }

    /// Returns the 10th and the 90th percentile of the ratios to another's samples, round by round.
    pub(crate) fn spread(&self, other: &Self) -> (f64, f64) {
        let ratios: Vec<f64> = self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect();
        (percentile(&ratios, 10), percentile(&ratios, 90))
    }
}

/// Returns the value below which this many hundredths of the values lie; NaN if there are none.
fn percentile(values: &[f64], hundredths: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let index = (sorted.len().saturating_sub(1) * hundredths + 50) / 100;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
