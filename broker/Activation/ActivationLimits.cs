using XcpBroker.Protocol;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Activation;

/// <summary>The limits of starting services; each is dbus-daemon's of that name.</summary>
internal sealed class ActivationLimits(LimitsInForce limits)
{
    /// <summary>max_pending_service_starts: messages that wait for services to start, calls of StartServiceByName among them.</summary>
    internal int MaxPending => limits.Current.MaxPendingServiceStarts;

    /// <summary>service_start_timeout.</summary>
    internal TimeSpan StartTimeout => limits.Current.ServiceStartTimeout;

    /// <summary>Why a message cannot be held.</summary>
    internal DBusError Refusal(DeliveryResult result, string name) => result switch
    {
        DeliveryResult.OverFds => DBusError.LimitsExceeded(
            $"Descriptors of yours that wait, those for \"{name}\" included,", "max_outgoing_unix_fds", limits.Current.MaxOutgoingUnixFds),
        DeliveryResult.OverShare => DBusError.LimitsExceeded(
            $"The message to \"{name}\", which is not there yet, on top of what waits at the same expense", "max_total_bytes", limits.Current.MaxTotalBytes),
        _ => DBusError.LimitsExceeded(
            $"The message to \"{name}\", which is not there yet, on top of what you have waiting", "max_outgoing_bytes", limits.Current.MaxOutgoingBytes),
    };
}
