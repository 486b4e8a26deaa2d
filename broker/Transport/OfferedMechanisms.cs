using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config;

namespace XcpBroker.Transport;

/// <summary>Which SASL mechanisms a listener offers.</summary>
internal static class OfferedMechanisms
{
    /// <summary>Those that are configured; if none are, the one by which a transport's peers can prove their user.</summary>
    /// <param name="options">What the bus is told to do.</param>
    /// <param name="knowsUsers">Whether the kernel knows the peers' users.</param>
    /// <param name="cookies">DBUS_COOKIE_SHA1 of this listener.</param>
    /// <param name="token">XCP_TOKEN of this listener; null: its peers are of this host.</param>
    internal static SaslMechanisms Choose(BrokerOptions options, bool knowsUsers, SaslMechanism cookies, SaslMechanism? token)
    {
        // In the order in which dbus-daemon names them, however they are configured.
        SaslMechanism?[] all = [new ExternalMechanism(), cookies, token, new AnonymousMechanism()];
        return new SaslMechanisms([.. all.OfType<SaslMechanism>().Where(mechanism => IsOffered(mechanism, options, knowsUsers, token is not null))]);
    }

    private static bool IsOffered(SaslMechanism mechanism, BrokerOptions options, bool knowsUsers, bool isRemote) => options.AuthMechanisms.Count > 0
        ? options.AuthMechanisms.Contains(mechanism.Name)
        : mechanism switch
        {
            ExternalMechanism => knowsUsers,
            XcpTokenMechanism => options.BusType == BusConfiguration.XcpType || options.Domains.Count > 0,
            AnonymousMechanism => options.AllowAnonymous,
            // GDBus knows no other mechanism for TCP.
            _ => !knowsUsers || (isRemote && options.Domains.Count > 0),
        };
}
