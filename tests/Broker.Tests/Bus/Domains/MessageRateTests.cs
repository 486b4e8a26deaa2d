using Microsoft.Extensions.Time.Testing;
using XcpBroker.Domains;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>However the messages of a domain come, no second has more of them than it may, and none that it may have is lost.</summary>
internal sealed class MessageRateTests
{
    [Test]
    public void In_any_time_there_is_room_for_what_the_rate_allows_and_one_burst([Values(1, 7, 100, 20_000, 1_000_000)] int perSecond, [Range(1, 5)] int seed)
    {
        Random random = new(seed);
        FakeTimeProvider clock = new();
        MessageRate rate = new();
        double seconds = 0;
        long taken = 0;
        for (int step = 0; step < 400; step++)
        {
            double pause = random.NextDouble() * Math.Pow(10, random.Next(-5, 1));
            clock.Advance(TimeSpan.FromSeconds(pause));
            seconds += pause;
            for (int wanted = random.Next(2000); wanted > 0 && rate.HasRoom(perSecond, clock); wanted--)
            {
                rate.Take(1);
                taken++;
            }
        }

        long burst = Math.Max(MessageRate.SmallestBurst, perSecond / 20);
        Assert.That(taken, Is.LessThanOrEqualTo((perSecond * seconds) + burst + 1));
    }

    [Test]
    public void Who_asks_all_the_time_gets_the_rate([Values(3, 100, 20_000)] int perSecond)
    {
        FakeTimeProvider clock = new();
        MessageRate rate = new();
        long taken = 0;
        for (int millisecond = 0; millisecond < 10_000; millisecond++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            while (rate.HasRoom(perSecond, clock))
            {
                rate.Take(1);
                taken++;
            }
        }

        Assert.That(taken, Is.EqualTo(10 * perSecond).Within(Math.Max(MessageRate.SmallestBurst, perSecond / 20) + 1));
    }

    [Test]
    public void What_was_more_work_than_one_message_is_paid_back()
    {
        FakeTimeProvider clock = new();
        MessageRate rate = new();
        Assert.That(rate.HasRoom(100, clock), Is.True);
        rate.Take(116);
        clock.Advance(TimeSpan.FromMilliseconds(990));
        Assert.That(rate.HasRoom(100, clock), Is.False);
        clock.Advance(TimeSpan.FromMilliseconds(20));
        Assert.That(rate.HasRoom(100, clock), Is.True);
    }

    [Test]
    public void Without_a_limit_there_is_always_room()
    {
        MessageRate rate = new();
        rate.Take(1_000_000);

        Assert.That(rate.HasRoom(0, new FakeTimeProvider()), Is.True);
    }
}
