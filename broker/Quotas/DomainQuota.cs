namespace XcpBroker.Quotas;

/// <summary>What all connections hold together, shared out to the users of this host and to the domains, and each one's to its connections.</summary>
/// <remarks>
/// A domain counts as one user, since its users are none of this host: however many connections it makes, it is one among the others.
/// Guarantee: whatever the others do, an account can come to hold, of each thing it is charged for,
/// Guaranteed + Total/((u+1)(u+2)(c+1)(c+2)), where u other users hold anything of the pool and the account's own user holds it c times
/// besides (up to three times per connection: for what it sent, received, and has not finished sending; gone senders count while their messages wait).
/// Guaranteed is missing for accounts beyond GuaranteesPerUser.
/// </remarks>
internal sealed class DomainQuota
{
    private readonly Dictionary<Payer, UserQuota> _users = [];
    private readonly Dictionary<string, long> _domainLimits = new(StringComparer.Ordinal);

    internal DomainQuota(QuotaLimits limits)
    {
        Limits = limits;
        Pool = new SharedPool(limits.Total);
    }

    internal SharedPool Pool { get; }

    internal QuotaLimits Limits { get; private set; }

    /// <summary>True when no account is open and everything is given back.</summary>
    internal bool IsEmpty => _users.Count == 0 && Pool.Used == 0;

    /// <summary>Users that have an account, or messages in queues.</summary>
    internal IReadOnlyCollection<UserQuota> Users => _users.Values;

    /// <summary>An account for a new connection; its owner calls <see cref="Account.Close"/> once.</summary>
    /// <param name="userId">Null: a peer without one. All of these are one user.</param>
    internal Account Open(uint? userId) => Open(new Payer(userId, null));

    /// <summary>An account for a new connection; its owner calls <see cref="Account.Close"/> once.</summary>
    internal Account Open(Payer payer)
    {
        if (!_users.TryGetValue(payer, out UserQuota? user))
        {
            user = new UserQuota(this, payer);
            user.Pool.Limit = LimitOf(payer);
            _users.Add(payer, user);
        }

        return user.Open();
    }

    /// <summary>What domains may hold at most, by name; others hold what their share is. Goes for those that hold something already, too.</summary>
    internal void LimitDomains(IEnumerable<KeyValuePair<string, long>> limits)
    {
        _domainLimits.Clear();
        foreach (KeyValuePair<string, long> limit in limits)
        {
            _domainLimits.Add(limit.Key, limit.Value);
        }

        foreach (UserQuota user in _users.Values)
        {
            user.Pool.Limit = LimitOf(user.Payer);
        }
    }

    /// <summary>Other limits, for those who have an account too; what somebody holds beyond them is not taken away. What is guaranteed stays.</summary>
    internal void Apply(QuotaLimits limits)
    {
        Limits = limits;
        Pool.Resize(limits.Total);
    }

    internal void Forget(UserQuota user) => _users.Remove(user.Payer);

    private long LimitOf(Payer payer) =>
        payer.Domain is { } name && _domainLimits.TryGetValue(name, out long limit) ? limit : QuotaLimits.Unlimited;
}

/// <summary>What the connections of one user, or of one domain, hold together. It goes when the last account has given everything back.</summary>
internal sealed class UserQuota(DomainQuota domain, Payer payer)
{
    private int _guarantees;

    internal Payer Payer { get; } = payer;

    internal SharedPool Pool { get; } = new(domain.Pool);

    /// <summary>Open accounts, and gone ones whose messages still wait.</summary>
    internal int Accounts { get; private set; }

    internal QuotaLimits Limits => domain.Limits;

    internal Account Open()
    {
        QuotaLimits limits = domain.Limits;
        Accounts++;
        bool hasGuarantee = limits.Guaranteed != 0 && _guarantees < limits.GuaranteesPerUser;
        _guarantees += hasGuarantee ? 1 : 0;
        return new Account(this, hasGuarantee ? limits.Guaranteed : 0);
    }

    internal void Leave(Account account)
    {
        _guarantees -= account.HasGuarantee ? 1 : 0;
        if (--Accounts == 0)
        {
            domain.Forget(this);
        }
    }
}
