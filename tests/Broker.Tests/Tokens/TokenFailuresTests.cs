using Microsoft.Extensions.Time.Testing;
using XcpBroker.Testing;
using XcpBroker.Tokens;

namespace XcpBroker.Broker.Tests.Tokens;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenFailuresTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ManualBusLoop _loop;
    private readonly ListLogger _log = new();
    private readonly TokenFailures _failures;
    private int _rejected;

    public TokenFailuresTests()
    {
        _loop = new ManualBusLoop(_clock);
        _failures = new TokenFailures(_loop, _log);
    }

    [Test]
    public void The_first_are_rejected_at_once()
    {
        Guess(TokenFailures.Burst);

        Assert.That(_rejected, Is.EqualTo(TokenFailures.Burst));
    }

    [Test]
    public void Further_ones_one_after_the_other_however_many_there_are()
    {
        Guess(TokenFailures.Burst + 100);
        Assert.That(_rejected, Is.EqualTo(TokenFailures.Burst));

        for (int i = 1; i <= 100; i++)
        {
            Pass(TokenFailures.Interval);
            Assert.That(_rejected, Is.EqualTo(TokenFailures.Burst + i));
        }
    }

    [Test]
    public void Domains_do_not_wait_for_each_others_guesses()
    {
        Guess(TokenFailures.Burst + 100, "nfs-1");
        Guess(1, "nfs-2");
        Guess(1, null);

        Assert.That(_rejected, Is.EqualTo(TokenFailures.Burst + 2));
    }

    [Test]
    public void After_a_while_without_any_they_are_rejected_at_once_again()
    {
        Guess(TokenFailures.Burst + 4);
        Pass(TimeSpan.FromMinutes(1));
        _rejected = 0;
        Guess(TokenFailures.Burst);

        Assert.That(_rejected, Is.EqualTo(TokenFailures.Burst));
    }

    [Test]
    public void An_episode_is_two_lines()
    {
        Guess(50);
        Pass(TimeSpan.FromMinutes(3));
        Pass(TimeSpan.FromMinutes(3));

        Assert.That(_log.Lines.Select(line => line.Text), Is.EqualTo((string[])
        [
            "XCP_TOKEN: a wrong proof of nfs-1; more of them are answered slowly",
            "XCP_TOKEN: 50 wrong proofs of nfs-1",
        ]));
    }

    private void Guess(int times, string? domain = "nfs-1")
    {
        for (int i = 0; i < times; i++)
        {
            _failures.Delay(domain, () => _rejected++);
        }

        _loop.RunUntilIdle();
    }

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        _loop.RunUntilIdle();
    }
}
