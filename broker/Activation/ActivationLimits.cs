using XcpBroker.Quotas;

namespace XcpBroker.Activation;

/// <summary>The limits of starting services; each is dbus-daemon's of that name.</summary>
internal sealed class ActivationLimits(LimitsInForce limits)
{
    /// <summary>max_pending_service_starts: messages that wait for services to start, calls of StartServiceByName among them.</summary>
    internal int MaxPending => limits.Current.MaxPendingServiceStarts;

    /// <summary>service_start_timeout.</summary>
    internal TimeSpan StartTimeout => limits.Current.ServiceStartTimeout;
}
