//! The numbers that the ranking turns on, with the defaults that were measured (docs/decisions/0020).

use super::Refused;
use crate::config::TrustConfig;
use std::time::Duration;

/// How far voices carry and what each part of a standing is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// How much of a voice is lent on at each step; above 0, at most 1.
    pub damping: f64,
    /// Steps from the poster; 1 to 6.
    pub steps: u8,
    /// In full vouches: who has less than this on record lends only that share of the voice.
    pub floor: f64,
    /// A voice below this, times the speaker's edges, is not lent on: it bounds the work of a query.
    pub prune: f64,
    /// What a warning takes away, in units of what a vouch gives.
    pub caution: f64,
    /// What all who helped the poster get together, in units of the poster's voice.
    pub help: f64,
    /// What the community's order adds.
    pub community: f64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self { damping: 0.85, steps: 3, floor: 3.0, prune: 1e-5, caution: 2.0, help: 0.1, community: 0.1 }
    }
}

impl From<&TrustConfig> for Parameters {
    fn from(config: &TrustConfig) -> Self {
        let TrustConfig { damping, steps, floor, prune, caution, help, community, .. } = *config;
        Self { damping, steps, floor, prune, caution, help, community }
    }
}

impl From<&TrustConfig> for Weighing {
    fn from(config: &TrustConfig) -> Self {
        let days = |half_life: Duration| half_life.as_secs_f64() / 86_400.0;
        let TrustConfig { hired, vouch, referrer, dispute, mild_dispute, reshare, quote, reply, .. } = *config;
        Self {
            hired,
            vouch,
            referrer,
            dispute,
            mild_dispute,
            reshare,
            quote,
            reply,
            explicit_days: days(config.vouch_half_life),
            negative_days: days(config.dispute_half_life),
            help_days: days(config.help_half_life),
            sibling: config.sibling,
            elsewhere: config.elsewhere,
        }
    }
}

impl Parameters {
    /// As they are, if all of them make sense.
    pub fn checked(self) -> Result<Self, Refused> {
        within("damping", self.damping, "above 0 and at most 1", |d| d > 0.0 && d <= 1.0)?;
        within("steps", f64::from(self.steps), "1 to 6", |steps| (1.0..=6.0).contains(&steps))?;
        within("floor", self.floor, "a finite number above 0", |floor| floor > 0.0)?;
        for (name, value) in
            [("prune", self.prune), ("caution", self.caution), ("help", self.help), ("community", self.community)]
        {
            within(name, value, "a finite number, 0 or more", |value| value >= 0.0)?;
        }
        Ok(self)
    }
}

/// What each piece of evidence weighs, in full vouches, and how fast that fades.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighing {
    /// Hired, or completed the work.
    pub hired: f64,
    /// A vouch of level 3; level n weighs this times sqrt(n/3).
    pub vouch: f64,
    /// "Trust their word."
    pub referrer: f64,
    pub dispute: f64,
    pub mild_dispute: f64,
    pub reshare: f64,
    pub quote: f64,
    pub reply: f64,
    /// Half-lives, in days.
    pub explicit_days: f64,
    pub negative_days: f64,
    pub help_days: f64,
    /// What evidence in another category of the same parent counts in the one asked for.
    pub sibling: f64,
    /// What evidence in any other category counts.
    pub elsewhere: f64,
}

impl Default for Weighing {
    fn default() -> Self {
        Self {
            hired: 1.0,
            vouch: 1.0,
            referrer: 0.6,
            dispute: 1.0,
            mild_dispute: 0.5,
            reshare: 0.2,
            quote: 0.3,
            reply: 0.1,
            explicit_days: 180.0,
            negative_days: 365.0,
            help_days: 90.0,
            sibling: 0.75,
            elsewhere: 0.5,
        }
    }
}

impl Weighing {
    /// As it is, if all of it makes sense.
    pub fn checked(self) -> Result<Self, Refused> {
        for (name, base) in [
            ("hired", self.hired),
            ("vouch", self.vouch),
            ("referrer", self.referrer),
            ("dispute", self.dispute),
            ("mild_dispute", self.mild_dispute),
            ("reshare", self.reshare),
            ("quote", self.quote),
            ("reply", self.reply),
        ] {
            within(name, base, "a finite number, 0 or more", |base| base >= 0.0)?;
        }
        for (name, days) in [
            ("explicit_days", self.explicit_days),
            ("negative_days", self.negative_days),
            ("help_days", self.help_days),
        ] {
            within(name, days, "a finite number above 0", |days| days > 0.0)?;
        }
        for (name, affinity) in [("sibling", self.sibling), ("elsewhere", self.elsewhere)] {
            within(name, affinity, "above 0 and at most 1", |affinity| affinity > 0.0 && affinity <= 1.0)?;
        }
        Ok(self)
    }
}

fn within(
    name: &'static str,
    value: f64,
    allowed: &'static str,
    is_allowed: impl Fn(f64) -> bool,
) -> Result<(), Refused> {
    if value.is_finite() && is_allowed(value) { Ok(()) } else { Err(Refused::Parameter { name, value, allowed }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed() {
        assert!(Parameters::default().checked().is_ok());
        assert!(Weighing::default().checked().is_ok());
    }

    #[test]
    fn the_defaults_of_the_configuration_are_those_that_were_measured() {
        let config = crate::config::Config::parse(&[], []).unwrap();
        assert_eq!(Parameters::from(&config.trust), Parameters::default());
        assert_eq!(Weighing::from(&config.trust), Weighing::default());
    }

    #[test]
    fn what_would_spoil_every_sum_is_refused_by_name() {
        let refused = |parameters: Parameters| parameters.checked().unwrap_err().to_string();
        let usual = Parameters::default;
        assert_eq!(
            refused(Parameters { damping: f64::NAN, ..usual() }),
            "`damping` is NaN: it must be above 0 and at most 1"
        );
        assert!(refused(Parameters { floor: 0.0, ..usual() }).contains("`floor`"));
        assert!(refused(Parameters { steps: 0, ..usual() }).contains("`steps`"));
        assert!(refused(Parameters { caution: f64::INFINITY, ..usual() }).contains("`caution`"));
        let weighing = Weighing { help_days: 0.0, ..Weighing::default() };
        assert!(weighing.checked().unwrap_err().to_string().contains("`help_days`"));
        let weighing = Weighing { vouch: -1.0, ..Weighing::default() };
        assert!(weighing.checked().unwrap_err().to_string().contains("`vouch`"));
    }
}
