//! How many requests run at once: additive increase, halving when the API server is overloaded.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Answers slower than this are taken as a sign of overload.
const SLOW: Duration = Duration::from_secs(5);

/// A semaphore whose size follows what the API server bears.
#[derive(Debug, Clone)]
pub(super) struct Limiter {
    permits: Arc<Semaphore>,
    state: Arc<Mutex<State>>,
}

/// The size wanted, and what is still to be taken away to reach it.
#[derive(Debug)]
struct State {
    max: usize,
    limit: usize,
    debt: usize,
    successes: usize,
}

impl Limiter {
    /// Begins with `max` requests at once.
    pub(super) fn new(max: usize) -> Self {
        let max = max.max(1);
        Self {
            permits: Arc::new(Semaphore::new(max)),
            state: Arc::new(Mutex::new(State { max, limit: max, debt: 0, successes: 0 })),
        }
    }

    /// Waits until one more request may run; none only where the semaphore is closed, which it never is.
    pub(super) async fn enter(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.ok()
    }

    /// A request was answered in time, or slowly.
    pub(super) fn answered(&self, permit: Option<OwnedSemaphorePermit>, took: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if took > SLOW {
            let limit = (state.limit * 3 / 4).max(1);
            self.shrink(&mut state, limit);
        } else {
            state.successes += 1;
            if state.successes >= state.limit && state.limit < state.max {
                state.successes = 0;
                state.limit += 1;
                if state.debt > 0 {
                    state.debt -= 1;
                } else {
                    self.permits.add_permits(1);
                }
            }
        }
        Self::give_back(&mut state, permit);
    }

    /// The server asked for patience: half as many requests from now on.
    pub(super) fn overloaded(&self, permit: Option<OwnedSemaphorePermit>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = (state.limit / 2).max(1);
        self.shrink(&mut state, limit);
        Self::give_back(&mut state, permit);
    }

    fn shrink(&self, state: &mut State, limit: usize) {
        let less = state.limit.saturating_sub(limit);
        let taken = self.permits.forget_permits(less);
        state.debt += less - taken;
        state.limit = limit;
        state.successes = 0;
    }

    /// A permit that comes back while there are too many is thrown away.
    fn give_back(state: &mut State, permit: Option<OwnedSemaphorePermit>) {
        if state.debt > 0
            && let Some(permit) = permit
        {
            permit.forget();
            state.debt -= 1;
        }
    }

    /// How many requests may run at once now.
    #[cfg(test)]
    fn limit(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn halves_when_overloaded_and_grows_again() {
        let limiter = Limiter::new(8);
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(limiter.enter().await);
        }
        limiter.overloaded(held.pop().flatten());
        assert_eq!(limiter.limit(), 4);
        for permit in held {
            limiter.answered(permit, Duration::from_millis(5));
        }
        assert!(limiter.limit() >= 5);
        let free = limiter.permits.available_permits();
        assert_eq!(free, limiter.limit(), "no permit is lost and none is doubled");
    }

    #[tokio::test]
    async fn never_falls_below_one() {
        let limiter = Limiter::new(2);
        for _ in 0..5 {
            let permit = limiter.enter().await;
            limiter.overloaded(permit);
        }
        assert_eq!(limiter.limit(), 1);
        assert_eq!(limiter.permits.available_permits(), 1);
    }
}
