using XcpBroker.Config;

namespace XcpBroker.Quotas;

/// <summary>The limits that hold now. Who enforces one asks here each time, so that other limits hold from the next message on.</summary>
internal sealed class LimitsInForce(LimitOptions limits)
{
    internal LimitOptions Current { get; private set; } = limits;

    /// <summary>Puts others in force; set only by the reload, which tells those who have made something of them.</summary>
    internal void Apply(LimitOptions limits) => Current = limits;
}
