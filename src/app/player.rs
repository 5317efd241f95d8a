//! A gentle walk through the latent space, from seed to seed on the sphere.

use super::SeedRng;
use crate::latent::expr::Expr;

/// How long one leg takes: slow enough to see every shape on the way.
const LEG_SECS: f32 = 3.0;
/// Places on one leg; the expression stays short when the fraction has three decimals.
const STEPS: f32 = 1000.0;

/// A walk in progress.
#[derive(Clone, Debug)]
pub struct Player {
    from: Expr,
    /// Whether this leg follows the sphere on which the seeds lie; codes in w lie on none.
    is_curved: bool,
    to_seed: u32,
    fraction: f32,
}

impl Player {
    /// Sets out from `from` to a random seed, along the sphere of seeds or on a straight line.
    pub fn new(from: Expr, is_on_sphere: bool, seeds: &mut SeedRng) -> Self {
        Self {
            from,
            is_curved: is_on_sphere,
            to_seed: seeds.seed(),
            fraction: 0.0,
        }
    }

    /// The seed that the walk goes to.
    pub fn to_seed(&self) -> u32 {
        self.to_seed
    }

    /// Walks on and returns where it is now.
    pub fn advance(&mut self, dt_secs: f32, seeds: &mut SeedRng) -> Expr {
        // A window that was hidden for a minute goes on from where it was.
        self.fraction += dt_secs.clamp(0.0, 0.1) / LEG_SECS;
        if self.fraction >= 1.0 {
            self.fraction -= 1.0;
            self.from = Expr::Seed(self.to_seed);
            self.is_curved = true;
            self.to_seed = seeds.seed();
        }
        // Slow at both ends (smoothstep), so that the turns are not jerks.
        let eased = self.fraction * self.fraction * (3.0 - 2.0 * self.fraction);
        let rounded = (eased * STEPS).round() / STEPS;
        if rounded <= 0.0 {
            return self.from.clone();
        }
        let join = if self.is_curved {
            Expr::Slerp
        } else {
            Expr::Lerp
        };
        let (from, to) = (self.from.clone(), Expr::Seed(self.to_seed));
        join(from.into(), to.into(), rounded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_in_small_steps_and_turns_at_seeds() {
        let mut seeds = SeedRng::from_state(1);
        let mut player = Player::new(Expr::Seed(42), true, &mut seeds);
        let goal = player.to_seed();
        assert_eq!(player.advance(0.0, &mut seeds), Expr::Seed(42));
        let mut last = 0.0;
        for _ in 0..100 {
            match player.advance(0.05, &mut seeds) {
                Expr::Slerp(from, to, fraction) if *from == Expr::Seed(42) => {
                    assert_eq!(*to, Expr::Seed(goal));
                    assert!(
                        fraction > last && fraction - last < 0.06,
                        "{last} to {fraction}"
                    );
                    last = fraction;
                }
                Expr::Slerp(from, ..) => {
                    assert_eq!(
                        *from,
                        Expr::Seed(goal),
                        "the next leg starts where this one ends"
                    );
                    return;
                }
                other => assert_eq!(other, Expr::Seed(goal)),
            }
        }
        panic!("the walk never came to its seed");
    }
}
