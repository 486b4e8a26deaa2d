using XcpBroker.Quotas;

namespace XcpBroker.Broker.Tests.Quotas;

/// <summary>What one connection may hold, by its own limits and outside the pool.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AccountTests
{
    private const uint User = 1000;

    private static readonly QuotaLimits Limits = new()
    {
        Total = 100_000,
        Sent = 1000,
        Received = 2000,
        Reserve = 500,
        Overdraft = 64,
        Guaranteed = 100,
        GuaranteesPerUser = 10,
    };

    private readonly Stack<QuotaCharge> _charges = new();
    private readonly DomainQuota _quota = new(Limits);
    private readonly Account _account;

    public AccountTests() => _account = _quota.Open(User);

    [TearDown]
    public void Everything_is_given_back()
    {
        while (_charges.TryPop(out QuotaCharge charge))
        {
            charge.Dispose();
        }

        _account.Close();
        Assert.That(_quota.IsEmpty);
    }

    [TestCase(ChargeKind.Sent, 1000)]
    [TestCase(ChargeKind.Received, 2000)]
    public void A_queue_that_is_not_at_its_limit_takes_one_more_message_of_any_size(ChargeKind kind, int limit)
    {
        Assert.That(Charge(kind, limit - 1), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(kind, 5000), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(kind, 1), Is.EqualTo(ChargeResult.OverLimit));
    }

    [Test]
    public void A_queue_at_its_limit_takes_more_once_something_has_left_it()
    {
        Charge(ChargeKind.Sent, 600);
        Charge(ChargeKind.Sent, 400);
        Assert.That(Charge(ChargeKind.Sent, 1), Is.EqualTo(ChargeResult.OverLimit));

        _charges.Pop().Dispose();

        Assert.That(_account.Sent, Is.EqualTo(600));
        Assert.That(Charge(ChargeKind.Sent, 1), Is.EqualTo(ChargeResult.Charged));
    }

    [Test]
    public void What_was_sent_and_what_was_received_have_limits_of_their_own()
    {
        Charge(ChargeKind.Sent, 1000);

        Assert.That(Charge(ChargeKind.Received, 2000), Is.EqualTo(ChargeResult.Charged));
        Assert.That((_account.Sent, _account.Received), Is.EqualTo((1000, 2000)));
    }

    [Test]
    public void A_sender_whose_queues_are_full_can_still_send_the_message_that_is_refused()
    {
        Charge(ChargeKind.Sent, 25_000);
        Assert.That(Charge(ChargeKind.Sent, 1), Is.EqualTo(ChargeResult.OverLimit));

        Assert.That(Charge(ChargeKind.Held, 5_000), Is.EqualTo(ChargeResult.Charged));
        Assert.That((_account.Sent, _account.Held), Is.EqualTo((25_000, 5_000)));
    }

    [Test]
    public void Replies_are_taken_beyond_the_limit_until_the_reserve_is_used_up()
    {
        Charge(ChargeKind.Received, 2000);
        Assert.That(Charge(ChargeKind.Received, 1), Is.EqualTo(ChargeResult.OverLimit));

        Assert.That(Charge(ChargeKind.Reserved, 499), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 1), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 1), Is.EqualTo(ChargeResult.OverLimit));
    }

    [Test]
    public void What_one_large_message_has_beyond_the_limit_leaves_the_reserve_untouched([Values(ChargeKind.Received, ChargeKind.Reserved)] ChargeKind kind)
    {
        Charge(ChargeKind.Received, 1999);
        Charge(kind, 5000);
        Assert.That(Charge(ChargeKind.Received, 1), Is.EqualTo(ChargeResult.OverLimit));

        Assert.That(Charge(ChargeKind.Reserved, 500), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 1), Is.EqualTo(ChargeResult.OverLimit));
    }

    [Test]
    public void A_reply_larger_than_the_reserve_is_not_let_in_by_it_and_condemns_nobody()
    {
        Charge(ChargeKind.Received, 2000);

        Assert.That(Charge(ChargeKind.Reserved, 501), Is.EqualTo(ChargeResult.OverReserve));
        Assert.That(Charge(ChargeKind.Reserved, 500), Is.EqualTo(ChargeResult.Charged));
    }

    [Test]
    public void When_the_large_message_has_left_the_limit_is_what_it_was()
    {
        Charge(ChargeKind.Reserved, 5000);
        QuotaCharge large = _charges.Pop();
        Charge(ChargeKind.Reserved, 400);
        large.Dispose();

        Assert.That(Charge(ChargeKind.Received, 1600), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 500), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 1), Is.EqualTo(ChargeResult.OverLimit));
    }

    [Test]
    public void The_guaranteed_units_are_not_taken_from_the_pool()
    {
        Charge(ChargeKind.Sent, 100);
        Charge(ChargeKind.Received, 60);
        Charge(ChargeKind.Reserved, 40);
        Assert.That(_quota.Pool.Used, Is.Zero);

        Charge(ChargeKind.Sent, 1);
        Assert.That(_quota.Pool.Used, Is.Positive);
    }

    [Test]
    public void A_message_too_large_for_the_pool_is_over_the_share_for_every_kind([Values] ChargeKind kind) =>
        Assert.That(Charge(kind, 200_000), Is.EqualTo(ChargeResult.OverShare));

    [Test]
    public void A_share_that_is_used_up_refuses_though_the_limit_would_not()
    {
        Assert.That(Charge(ChargeKind.Sent, 26_000), Is.EqualTo(ChargeResult.OverShare));
        Assert.That(Charge(ChargeKind.Sent, 25_100), Is.EqualTo(ChargeResult.Charged));
    }

    [Test]
    public void Replies_that_the_pool_has_no_room_for_are_overdrawn_and_then_refused()
    {
        Account[] hoarders = FillThePool();
        Assert.That(Charge(ChargeKind.Received, 100), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Received, 64), Is.EqualTo(ChargeResult.OverShare));

        Assert.That(Charge(ChargeKind.Reserved, 40), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 24), Is.EqualTo(ChargeResult.Charged));
        Assert.That(Charge(ChargeKind.Reserved, 24), Is.EqualTo(ChargeResult.OverLimit), "it does not read");
        Assert.That(Charge(ChargeKind.Reserved, 65), Is.EqualTo(ChargeResult.OverShare), "too large for the overdraft, whoever reads");

        _charges.Pop().Dispose();
        Assert.That(Charge(ChargeKind.Reserved, 24), Is.EqualTo(ChargeResult.Charged));
        Array.ForEach(hoarders, hoarder => hoarder.Close());
    }

    [Test]
    public void A_closed_account_stays_until_its_last_message_is_out()
    {
        Account gone = _quota.Open(2000);
        gone.TryCharge(ChargeKind.Sent, 700, out QuotaCharge first);
        gone.TryCharge(ChargeKind.Sent, 100, out QuotaCharge second);

        gone.Close();
        Assert.That(_quota.Users, Has.Count.EqualTo(2));

        first.Dispose();
        Assert.That(_quota.Users, Has.Count.EqualTo(2));

        second.Dispose();
        Assert.That(_quota.Users.Select(user => user.Payer.UserId), Is.EqualTo((uint?[])[User]));
    }

    [Test]
    public void Peers_without_a_user_id_are_one_user()
    {
        Account one = _quota.Open(null);
        Account other = _quota.Open(null);

        Assert.That(_quota.Users, Has.Count.EqualTo(2));
        one.Close();
        other.Close();
        Assert.That(_quota.Users, Has.Count.EqualTo(1));
    }

    [Test]
    public void Gone_senders_whose_messages_wait_use_up_their_users_guarantees()
    {
        for (int connection = 1; connection < Limits.GuaranteesPerUser; connection++)
        {
            Account gone = _quota.Open(User);
            Assert.That(gone.HasGuarantee);
            gone.TryCharge(ChargeKind.Sent, 100, out QuotaCharge charge);
            _charges.Push(charge);
            gone.Close();
        }

        Account late = _quota.Open(User);
        Assert.That(late.HasGuarantee, Is.False);
        Assert.That(late.TryCharge(ChargeKind.Sent, 100, out QuotaCharge taken), Is.EqualTo(ChargeResult.Charged), "from the pool");
        taken.Dispose();
        late.Close();

        _charges.Pop().Dispose();
        Account later = _quota.Open(User);
        Assert.That(later.HasGuarantee);
        later.Close();
    }

    [Test]
    public void A_charge_of_nothing_is_nothing()
    {
        Charge(ChargeKind.Sent, 0);
        default(QuotaCharge).Dispose();

        Assert.That((_account.Sent, _quota.Pool.Used), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Charging_allocates_nothing()
    {
        ChargeAndRelease();

        long before = GC.GetAllocatedBytesForCurrentThread();
        ChargeAndRelease();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero);
    }

    private void ChargeAndRelease()
    {
        for (int message = 0; message < 1000; message++)
        {
            _account.TryCharge(ChargeKind.Sent, 500, out QuotaCharge sent);
            _account.TryCharge(ChargeKind.Received, 500, out QuotaCharge received);
            sent.Dispose();
            received.Dispose();
        }
    }

    private ChargeResult Charge(ChargeKind kind, long units)
    {
        ChargeResult result = _account.TryCharge(kind, units, out QuotaCharge charge);
        if (result == ChargeResult.Charged)
        {
            _charges.Push(charge);
        }

        return result;
    }

    // Other connections of the same user, each beyond its limit, until not even the smallest message fits.
    private Account[] FillThePool()
    {
        Account[] hoarders = [.. Enumerable.Range(0, 400).Select(_ => _quota.Open(User))];
        foreach (Account hoarder in hoarders)
        {
            for (int units = 50_000; units > 0; units /= 2)
            {
                ChargeResult result = hoarder.TryCharge(ChargeKind.Received, units, out QuotaCharge charge);
                if (result == ChargeResult.Charged)
                {
                    _charges.Push(charge);
                }
            }
        }

        return hoarders;
    }
}
