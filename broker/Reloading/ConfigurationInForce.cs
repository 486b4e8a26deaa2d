using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Domains;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Reloading;

/// <summary>Puts a configuration in force as a whole: in one turn of the loop, between two messages.</summary>
/// <remarks>As dbus-daemon, a reload changes neither the addresses, but for the sockets of domains, nor the user, nor how the process was started.</remarks>
internal sealed class ConfigurationInForce(
    BrokerOptions options,
    long descriptorLimit,
    ConnectionTable connections,
    LiveDomains domains,
    DomainBoots boots,
    PolicyGate gate,
    LimitsInForce limits,
    DomainQuota accounts,
    DomainQuota fdAccounts,
    DomainQuota journalQuota,
    ReplyTimeouts timeouts,
    AbsentPeers absent,
    NameReservations reservations,
    OwnerSignals signals,
    ILogger log)
{
    /// <summary>What holds now.</summary>
    internal BrokerOptions Current { get; private set; } = options;

    /// <summary>Told of another configuration when all but the listeners go by it; set once by who has these.</summary>
    internal Action<BrokerOptions> Applied { get; set; } = static _ => { };

    /// <summary>Further messages, names, rules and connections are judged by it; what peers have they keep.</summary>
    /// <returns>The elements that have changed and wait for a restart.</returns>
    internal IReadOnlyList<string> Apply(BrokerOptions options, ServiceCatalog? services)
    {
        // Who is in which domain is what the policy goes by.
        boots.Apply(options.Xenstore);
        foreach ((UnixListenAddress address, string problem) in domains.Apply(options))
        {
            DomainLog.CannotListen(log, address.Domain!, problem);
        }

        gate.Apply(options.Policy, connections.All);
        if (services is not null)
        {
            reservations.Apply(services);
        }

        // Before anything is said: what domains see was judged by the former rules.
        signals.RulesChanged(connections.Registered);
        limits.Apply(options.Limits);
        accounts.Apply(QuotaLimits.OfBytes(options.Limits));
        fdAccounts.Apply(QuotaLimits.OfDescriptors(options.Limits, descriptorLimit / 4));
        journalQuota.Apply(QuotaLimits.OfJournal(options.Limits));
        timeouts.Change();
        if (services is not null)
        {
            absent.Apply(services, options.Buffers);
            reservations.Enforce(signals);
        }

        Applied(options);
        IReadOnlyList<string> waiting = Current.Configuration is { } before && options.Configuration is { } after ? Unapplied(before, after) : [];
        Current = options;
        return waiting;
    }

    private static List<string> Unapplied(BusConfiguration before, BusConfiguration after)
    {
        List<string> elements = [];
        Add("type", before.Type == after.Type);
        Add("listen", Listening(before).SequenceEqual(Listening(after)));
        Add("user", before.User == after.User);
        Add("fork", before.Fork == after.Fork);
        Add("pidfile", before.PidFile == after.PidFile);
        Add("keep_umask", before.KeepUmask == after.KeepUmask);
        Add("domainstarter", before.DomainStarter?.Arguments.SequenceEqual(after.DomainStarter?.Arguments ?? []) ?? after.DomainStarter is null);
        Add("syslog", before.Syslog == after.Syslog);
        return elements;

        static IEnumerable<ListenAddress> Listening(BusConfiguration configuration) =>
            configuration.Addresses.Where(address => address is not UnixListenAddress { Domain: not null });

        void Add(string element, bool isSame)
        {
            if (!isSame)
            {
                elements.Add($"<{element}>");
            }
        }
    }
}
