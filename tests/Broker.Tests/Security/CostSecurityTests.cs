using Microsoft.Extensions.Time.Testing;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Broker.Tests.Security;

/// <summary>Holes by numbers: too many of something, or too large a sum; docs/security-history.md has the rows.</summary>
internal sealed class CostSecurityTests
{
    /// <summary>With a list that is searched for each reply this takes minutes.</summary>
    [Test]
    [CancelAfter(60_000)]
    public void CVE_2014_3638_many_calls_that_wait_for_their_replies(CancellationToken cancellation)
    {
        const uint Calls = 400_000;
        PendingReplies pending = new(new FakeTimeProvider(), null);
        ReplyLists caller = default;
        ReplyLists callee = default;
        for (uint serial = 1; serial <= Calls; serial++)
        {
            cancellation.ThrowIfCancellationRequested();
            pending.TryAdd(new PendingCall(1, 2, serial), ref caller, ref callee);
        }

        Assert.That(pending.Count, Is.EqualTo(Calls));
        for (uint serial = Calls; serial > 0; serial--)
        {
            cancellation.ThrowIfCancellationRequested();
            pending.TryTake(new PendingCall(1, 2, serial));
        }

        Assert.That(pending.Count, Is.Zero);
    }

    [Test]
    public void Dbus_broker_v19_sums_beyond_32_bits_do_not_wrap()
    {
        const long Large = 1L << 50;
        DomainQuota quota = new(new QuotaLimits
        {
            Total = Large * 100,
            Sent = Large,
            Received = Large,
            Reserve = 500,
            Overdraft = 64,
            Guaranteed = 100,
            GuaranteesPerUser = 10,
        });
        Account account = quota.Open(1000);
        List<QuotaCharge> charges = [];
        for (int i = 0; i < 5; i++)
        {
            Assert.That(account.TryCharge(ChargeKind.Sent, int.MaxValue, out QuotaCharge charge), Is.EqualTo(ChargeResult.Charged));
            charges.Add(charge);
        }

        Assert.That(account.Sent, Is.EqualTo(5L * int.MaxValue));
        charges.ForEach(charge => charge.Dispose());
        Assert.That(account.Sent, Is.Zero);
        account.Close();
        Assert.That(quota.IsEmpty);
    }
}
