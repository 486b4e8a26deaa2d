using CsCheck;
using XcpBroker.Quotas;

namespace XcpBroker.Broker.Tests.Quotas;

/// <summary>Whatever others do, there is something left; and whatever they do, it is not more than there is.</summary>
internal sealed class SharePropertyTests
{
    private const long Total = 1_000_000;
    private const long Guaranteed = 64;
    private const long Overdraft = 32;

    private static readonly QuotaLimits Limits = new()
    {
        Total = Total,
        Sent = QuotaLimits.Unlimited,
        Received = QuotaLimits.Unlimited,
        Reserve = 100,
        Overdraft = Overdraft,
        Guaranteed = Guaranteed,
        GuaranteesPerUser = int.MaxValue,
    };

    // Sizes of every magnitude, down to crumbs.
    private static readonly Gen<long> Units = Gen.Select(Gen.Int[0, 19], Gen.Double[1, 2], (power, factor) => (long)((1L << power) * factor));

    private static readonly Gen<(int Kind, int User, int Account, long Units)> Acts =
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 3], Gen.Int[0, 5], Units);

    [Test]
    public void A_newcomer_gets_what_is_promised_whatever_others_did() =>
        Gen.Select(Acts.Array[0, 60], Gen.UInt[0, 4], Gen.Enum<ChargeKind>(), Gen.Int[1, 5]).Sample((acts, user, kind, pieces) =>
        {
            Hostile hostile = new();
            Array.ForEach(acts, hostile.Act);
            Account newcomer = hostile.Quota.Open(user);
            (long users, long others) = hostile.HoldersBeside(user);
            long promised = Guaranteed + (Total / ((users + 1) * (users + 2) * (others + 1) * (others + 2)));

            for (int piece = 1; piece <= pieces; piece++)
            {
                long units = (promised * piece / pieces) - (promised * (piece - 1) / pieces);
                Assert.That(newcomer.TryCharge(kind, units, out _), Is.EqualTo(ChargeResult.Charged));
            }
        });

    [Test]
    public void An_account_that_gave_everything_back_is_a_newcomer_again() =>
        Gen.Select(Acts.Array[0, 60], Gen.Int[0, 3], Gen.Int[0, 5]).Sample((acts, user, index) =>
        {
            Hostile hostile = new();
            Array.ForEach(acts, hostile.Act);
            Account account = hostile.Accounts[user][index];
            hostile.ReleaseAllOf(account);
            (long users, long others) = hostile.HoldersBeside((uint)user);

            Assert.That(
                account.TryCharge(ChargeKind.Sent, Guaranteed + (Total / ((users + 1) * (users + 2) * (others + 1) * (others + 2))), out _),
                Is.EqualTo(ChargeResult.Charged));
        });

    [Test]
    public void All_together_never_hold_more_than_there_is_and_in_the_end_nothing() =>
        Acts.Array[0, 60].Sample(acts =>
        {
            Hostile hostile = new();
            foreach ((int, int, int, long) act in acts)
            {
                hostile.Act(act);
                Assert.That(hostile.Quota.Pool.Used, Is.InRange(0, Total));
                Assert.That(hostile.Quota.Users.Sum(user => user.Pool.Capacity), Is.EqualTo(hostile.Quota.Pool.Used));
                Assert.That(hostile.Quota.Users.All(user => user.Pool.Used <= user.Pool.Capacity));
                Assert.That(hostile.Held, Is.LessThanOrEqualTo(Total + (hostile.AccountCount * ((3 * Guaranteed) + Overdraft))));
            }

            hostile.ReleaseAll();
            Assert.That(hostile.Quota.Users.All(user => user.Pool is { Used: 0, Capacity: 0, Holders: 0 }));
            hostile.CloseAll();
            Assert.That(hostile.Quota.IsEmpty);
        });

    [Test]
    public void Greed_of_many_connections_one_after_another_leaves_the_next_its_share([Values(1, 2, 10, 100, 300)] int greedy)
    {
        DomainQuota quota = new(Limits);
        for (int connection = 0; connection < greedy; connection++)
        {
            Account account = quota.Open(0);
            for (long units = Total; units > 0; units = account.TryCharge(ChargeKind.Sent, units, out _) == ChargeResult.Charged ? units : units / 2)
            {
            }
        }

        Assert.That(quota.Open(0).TryCharge(ChargeKind.Sent, Guaranteed + (Total / (2L * (greedy + 1) * (greedy + 2))), out _),
            Is.EqualTo(ChargeResult.Charged), "the same user");
        Assert.That(quota.Open(1).TryCharge(ChargeKind.Sent, Guaranteed + (Total / (2 * 3 * 2)), out _),
            Is.EqualTo(ChargeResult.Charged), "another user does not feel how many they are");
    }

    [Test]
    public void A_user_that_gave_half_back_can_still_serve_its_next_connection_when_others_have_come()
    {
        DomainQuota quota = new(Limits);
        Account hoarder = quota.Open(0);
        hoarder.TryCharge(ChargeKind.Sent, Total / 8, out _);
        hoarder.TryCharge(ChargeKind.Sent, Total / 8, out QuotaCharge half);
        half.Dispose();
        for (uint user = 1; user <= 3; user++)
        {
            Account other = quota.Open(user);
            for (long units = Total; units > 0; units /= 2)
            {
                other.TryCharge(ChargeKind.Sent, units, out _);
            }
        }

        Assert.That(quota.Open(0).TryCharge(ChargeKind.Sent, Guaranteed + (Total / (4 * 5 * 2 * 3)), out _), Is.EqualTo(ChargeResult.Charged));
    }

    private sealed class Hostile
    {
        private readonly List<(Account Account, QuotaCharge Charge)> _charges = [];
        private readonly HashSet<Account> _gone = [];

        internal Hostile() => Accounts = [.. Enumerable.Range(0, 4)
            .Select(user => (Account[])[.. Enumerable.Range(0, 6).Select(_ => Quota.Open((uint)user))])];

        internal DomainQuota Quota { get; } = new(Limits);

        internal Account[][] Accounts { get; }

        internal int AccountCount => (4 * 6) + _gone.Count(account => account.Sent + account.Received + account.Held > 0);

        internal long Held => Accounts.SelectMany(accounts => accounts).Concat(_gone).Sum(account => account.Sent + account.Received + account.Held);

        internal void Act((int Kind, int User, int Account, long Units) act)
        {
            ref Account account = ref Accounts[act.User][act.Account];
            switch (act.Kind)
            {
                case 0:
                    ReleaseAllOf(account);
                    break;
                case 1:
                    Reconnect(ref account, (uint)act.User);
                    break;
                case <= 4 when _charges.Count > 0:
                    int index = (int)(act.Units % _charges.Count);
                    _charges[index].Charge.Dispose();
                    _charges.RemoveAt(index);
                    break;
                case <= 8:
                    TakeAllThereIs(account, (ChargeKind)(act.Kind % 2));
                    break;
                default:
                    if (account.TryCharge((ChargeKind)(act.Kind % 4), act.Units, out QuotaCharge charge) == ChargeResult.Charged)
                    {
                        _charges.Add((account, charge));
                    }

                    break;
            }
        }

        /// <summary>How many other users, and how many things of this user's own, hold anything of the pool.</summary>
        internal (long Users, long Others) HoldersBeside(uint user) =>
            (Quota.Users.Count(other => other.Payer.UserId != user && other.Pool.Used > 0),
                Quota.Users.Where(own => own.Payer.UserId == user).Sum(own => own.Pool.Holders));

        internal void ReleaseAllOf(Account account)
        {
            _charges.FindAll(entry => entry.Account == account).ForEach(entry => entry.Charge.Dispose());
            _charges.RemoveAll(entry => entry.Account == account);
        }

        internal void ReleaseAll()
        {
            _charges.ForEach(entry => entry.Charge.Dispose());
            _charges.Clear();
        }

        internal void CloseAll() => Array.ForEach(Accounts, accounts => Array.ForEach(accounts, account => account.Close()));

        private void TakeAllThereIs(Account account, ChargeKind kind)
        {
            for (long units = Total; units > 0; units /= 2)
            {
                while (account.TryCharge(kind, units, out QuotaCharge charge) == ChargeResult.Charged)
                {
                    _charges.Add((account, charge));
                }
            }
        }

        private void Reconnect(ref Account account, uint user)
        {
            account.Close();
            _gone.Add(account);
            account = Quota.Open(user);
        }
    }
}
