namespace XcpBroker.Quotas;

/// <summary>Who pays for a queued message, and with what right.</summary>
internal enum ChargeKind : byte
{
    /// <summary>The sender, for a call or a unicast signal.</summary>
    Sent,

    /// <summary>The receiver, for a broadcast.</summary>
    Received,

    /// <summary>The sender, for the part of a message that has come in so far: within its share, and without a limit of its own.</summary>
    Held,

    /// <summary>The receiver, for a reply or a message of the bus: allowed beyond its limit.</summary>
    Reserved,
}

/// <summary>Whether a charge was made.</summary>
internal enum ChargeResult : byte
{
    Charged,

    /// <summary>The account's own limit (max_outgoing_bytes). For <see cref="ChargeKind.Reserved"/>: it does not read, disconnect it.</summary>
    OverLimit,

    /// <summary>Its share of what all have together (max_total_bytes). A reply can still be replaced by a short error.</summary>
    OverShare,

    /// <summary>The account is at its limit, and this message is larger than the whole reserve. It can still be replaced by a short error.</summary>
    OverReserve,
}

/// <summary>What one connection holds: what it sent to others, what waits for it at its own expense, and what it has not finished sending.</summary>
/// <remarks>
/// Each of the three has its own share of the pool, so that none uses up another's.
/// It outlives its connection until the last message of the connection is out of other peers' queues.
/// A queue that is not yet at its limit takes one more message of any size; only the share of the pool can refuse it then. What that
/// message has beyond the limit leaves the reserve untouched: a peer that is reading a large reply may still get small ones.
/// </remarks>
internal sealed class Account
{
    private readonly UserQuota _user;
    private readonly long _guaranteed;
    private long _sent;
    private long _received;
    private long _held;
    private long _overdraft;

    /// <summary>How far the last message that the limit of what is received let in went beyond it; no more than what is left of that.</summary>
    private long _beyond;

    internal Account(UserQuota user, long guaranteed)
    {
        _user = user;
        _guaranteed = guaranteed;
    }

    /// <summary>Units charged as <see cref="ChargeKind.Sent"/>.</summary>
    internal long Sent => _sent;

    /// <summary>Units charged as <see cref="ChargeKind.Received"/> and <see cref="ChargeKind.Reserved"/>.</summary>
    internal long Received => _received;

    /// <summary>Units charged as <see cref="ChargeKind.Held"/>.</summary>
    internal long Held => _held;

    internal Payer Payer => _user.Payer;

    /// <summary>True once the connection is gone; nothing more may be charged.</summary>
    internal bool IsClosed { get; private set; }

    internal bool HasGuarantee => _guaranteed != 0;

    /// <summary>Charges, and hands out what gives it back; nothing is charged unless the result is Charged.</summary>
    internal ChargeResult TryCharge(ChargeKind kind, long units, out QuotaCharge charge)
    {
        ChargeResult result = TryCharge(kind, units);
        charge = result == ChargeResult.Charged ? new QuotaCharge(this, kind, units) : default;
        return result;
    }

    /// <summary>Charges; nothing is charged unless the result is Charged. What is charged is given back by <see cref="Release"/>.</summary>
    internal ChargeResult TryCharge(ChargeKind kind, long units)
    {
        if (kind is ChargeKind.Received or ChargeKind.Reserved)
        {
            // Most often all of it is guaranteed and below every limit: then nothing else is concerned.
            long after = _received + units;
            if (after <= _guaranteed && after <= _user.Limits.Received)
            {
                _received = after;
                _beyond = 0;
                return ChargeResult.Charged;
            }
        }

        return kind switch
        {
            ChargeKind.Sent => _sent >= _user.Limits.Sent ? ChargeResult.OverLimit : TryTake(ref _sent, 0, units),
            ChargeKind.Received => _received >= _user.Limits.Received ? ChargeResult.OverLimit : TryReceive(units),
            ChargeKind.Held => TryTake(ref _held, 0, units),
            _ => TryReserve(units),
        };
    }

    /// <summary>Whether this much could be charged as <see cref="ChargeKind.Held"/> if nobody else held anything.</summary>
    internal bool CanEverHold(long units) => _user.Pool.CouldHold(Pooled(units));

    /// <summary>The connection is gone.</summary>
    internal void Close()
    {
        IsClosed = true;
        LeaveWhenDone();
    }

    internal void Release(ChargeKind kind, long units)
    {
        if (units == 0)
        {
            return;
        }

        switch (kind)
        {
            case ChargeKind.Sent:
                GiveBack(ref _sent, units);
                break;
            case ChargeKind.Held:
                GiveBack(ref _held, units);
                break;
            default:
                long before = Pooled(_received) - _overdraft;
                _received -= units;
                _beyond = Math.Min(_beyond, Math.Max(0, _received - _user.Limits.Received));
                _overdraft -= Math.Min(_overdraft, units);
                Lower(before, Pooled(_received) - _overdraft);
                break;
        }

        LeaveWhenDone();
    }

    private ChargeResult TryTake(ref long holds, long overdraft, long units)
    {
        long after = holds + units;
        if (after > _guaranteed && !_user.Pool.TryRaise(Pooled(holds) - overdraft, Pooled(after) - overdraft))
        {
            return ChargeResult.OverShare;
        }

        holds = after;
        return ChargeResult.Charged;
    }

    private ChargeResult TryReceive(long units)
    {
        ChargeResult result = TryTake(ref _received, _overdraft, units);
        if (result == ChargeResult.Charged)
        {
            NoteBeyond(units);
        }

        return result;
    }

    /// <summary>Called after units were added to what is received.</summary>
    private void NoteBeyond(long units)
    {
        if (_received - units < _user.Limits.Received)
        {
            _beyond = Math.Max(0, _received - _user.Limits.Received);
        }
    }

    private ChargeResult TryReserve(long units)
    {
        if (_received - _beyond >= _user.Limits.Received + _user.Limits.Reserve)
        {
            return ChargeResult.OverLimit;
        }

        if (_received >= _user.Limits.Received && units > _user.Limits.Reserve)
        {
            return ChargeResult.OverReserve;
        }

        if (TryReceive(units) == ChargeResult.Charged)
        {
            return ChargeResult.Charged;
        }

        long overdrawn = Pooled(_received + units) - Pooled(_received);
        if (overdrawn > _user.Limits.Overdraft - _overdraft)
        {
            return units > _user.Limits.Overdraft ? ChargeResult.OverShare : ChargeResult.OverLimit;
        }

        _received += units;
        _overdraft += overdrawn;
        NoteBeyond(units);
        return ChargeResult.Charged;
    }

    private void GiveBack(ref long holds, long units)
    {
        long before = Pooled(holds);
        holds -= units;
        Lower(before, Pooled(holds));
    }

    private long Pooled(long held) => Math.Max(0, held - _guaranteed);

    private void Lower(long from, long to)
    {
        if (to < from)
        {
            _user.Pool.Lower(from, to);
        }
    }

    private void LeaveWhenDone()
    {
        if (IsClosed && _sent + _received + _held == 0)
        {
            _user.Leave(this);
        }
    }
}

/// <summary>What was charged for one queued message. Whoever holds it disposes it once; default charges nothing.</summary>
internal readonly struct QuotaCharge : IDisposable
{
    private readonly Account? _account;
    private readonly uint _units;
    private readonly ChargeKind _kind;

    internal QuotaCharge(Account account, ChargeKind kind, long units)
    {
        _account = account;
        _units = (uint)units;
        _kind = kind;
    }

    internal Account? Account => _account;

    internal long Units => _units;

    public void Dispose() => _account?.Release(_kind, _units);
}
