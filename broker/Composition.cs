using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Auth;
using XcpBroker.Buffering;
using XcpBroker.Buffers;
using XcpBroker.Config;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Domains;
using XcpBroker.Driver;
using XcpBroker.Journal;
using XcpBroker.Liveness;
using XcpBroker.Loop;
using XcpBroker.Matching;
using XcpBroker.Metrics;
using XcpBroker.Monitoring;
using XcpBroker.Names;
using XcpBroker.Quotas;
using XcpBroker.Reloading;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker;

/// <summary>Wires one bus onto a loop: the only file that knows how everything is joined.</summary>
internal sealed class Composition
{
    private readonly ConnectionTable _connections;
    private readonly Disconnector _disconnector;
    private readonly ConnectionAdmission _admission;

    /// <param name="loop">Where the bus lives.</param>
    /// <param name="blocks">Its buffers.</param>
    /// <param name="options">What it is told to do; of these, what peers may use and do.</param>
    /// <param name="source">Where these come from.</param>
    /// <param name="identity">Who the bus is.</param>
    /// <param name="starting">How services are started.</param>
    /// <param name="journal">Where durable messages are kept; null: nowhere.</param>
    /// <param name="log">Where it says what happens.</param>
    internal Composition(
        BusLoop loop, BlockPool blocks, BrokerOptions options, ConfigurationSource source, BusIdentity identity, ActivationOptions starting,
        JournalStart? journal, ILogger log)
    {
        LimitOptions limits = options.Limits;
        Limits = new LimitsInForce(limits);
        Counters = new BrokerCounters();
        _connections = new ConnectionTable(identity.Epoch);
        Names = new NameRegistry<Connection> { ClaimsChanged = static (connection, more) => connection.NoteClaims(more) };
        Rules = new MatchIndex<Connection>();
        Replies = new PendingReplies(loop.Clock, limits.ReplyTimeout);
        Accounts = new DomainQuota(QuotaLimits.OfBytes(limits));
        FdAccounts = new DomainQuota(QuotaLimits.OfDescriptors(limits, identity.DescriptorLimit / 4));
        Dooms dooms = new();
        Domains = new DomainTable(dooms);
        LiveDomains = new LiveDomains(Domains, Accounts);
        _ = LiveDomains.Apply(options);
        LossLog losses = new(Counters, log);
        Drops = new DropLog(Counters, loop, log);
        Denials = new DenialLog(Counters, loop, log);
        Delivery delivery = new(losses, dooms, FdAccounts, Limits);
        SubjectMaker subjects = new(Names);
        Monitors = new MonitorTap(subjects, delivery, losses, dooms);
        BusSerials serials = new();
        UnsentErrors unsent = new(Monitors, serials);
        Reservations = new NameReservations(Domains, Names);
        Reservations.Apply(starting.Catalog);
        Gate = new PolicyGate(Names, Denials, unsent, Reservations, options.Policy, identity.Own.UserId ?? 0);
        OwnerSignals signals = null!;
        Broadcast broadcast = new(Rules, subjects, delivery, Gate) { Introduce = (sight, peer) => signals.Introduce(sight, peer) };
        Eavesdroppers = new Eavesdroppers(subjects, delivery, Gate);
        BusMessages bus = new(delivery, broadcast, Monitors, unsent, Gate, serials, Counters);
        Router router = null!;
        SystemdMeans? systemd = starting.UsesSystemd ? new SystemdMeans(_connections, Names, bus) : null;
        ActivationLimits startLimits = new(Limits);
        StartPlan plan = new(new ProcessMeans(starting.Starter, starting.Environment))
        {
            Activator = systemd,
            Unit = starting.SystemBus is { } address ? new UnitMeans(starting.Starter, address) : null,
            Domain = starting.DomainStarter is { } program
                ? new DomainMeans(starting.Starter, starting.Environment, program, new ConnectedDomains(_connections), loop, startLimits, log)
                : null,
        };
        Privilege privilege = new(identity.Own.UserId ?? 0);
        BufferAlarm alarm = new(bus, privilege, log);
        MessageHolder holder = new(blocks, Names, FdAccounts, Limits, Drops, loop.Clock);
        HeldRelease release = new(bus, Drops) { Deliver = (held, owner) => router.RouteHeld(held, owner) };
        JournalQuota = new DomainQuota(QuotaLimits.OfJournal(limits));
        Journal = new MessageJournal(journal?.Store, loop, Counters, log);
        DurableSenders senders = new(JournalQuota, Gate);
        DurableDelivery durable = new(Journal, release, senders, Names, bus, Drops, loop, Counters, log)
        {
            Deliver = (held, owner) => router.RouteCopy(held, owner),
            TakeApartDoomed = () => _disconnector!.TakeApartDoomed(),
        };
        Expiry = new HeldExpiry(release, loop, Counters, log) { TakeApartDoomed = () => _disconnector!.TakeApartDoomed() };
        DurableIntake intake = new(Journal, holder, senders, Domains, durable, bus, alarm, Limits, loop.Clock, Counters, log)
        {
            Keep = Expiry.Watch,
            TakeApartDoomed = () => _disconnector!.TakeApartDoomed(),
        };
        Journal.User = intake;
        SequencedNames sequenced = null!;
        HeldBroadcasts heldBroadcasts = new(subjects) { Hold = (NameBuffer buffer, in RoutedMessage signal) => Buffers!.HoldBroadcast(buffer, signal) };
        Activation = new ServiceActivation(
            new ActivationTable(starting.Catalog), plan, systemd, holder, release, Gate, loop, startLimits, log)
        {
            StartFailed = (name, error) => Buffers!.StartFailed(name, error),
            AreDescriptorsOld = () => Reloader!.IsBehind,
            WhenDescriptorsAreRead = done => Reloader!.WhenRead(done),
            TakeApartDoomed = () => _disconnector!.TakeApartDoomed(),
        };
        BufferTable = new BufferTable(loop, log) { Sequenced = () => sequenced.Begin(Buffers!, durable, bus) };
        sequenced = new SequencedNames(BufferTable);
        BufferRoom room = new(holder, release, alarm);
        Buffers = new NameBuffers(BufferTable, room, Expiry, release, intake, durable, Gate, Activation, loop, Counters, log);
        BufferTable.Apply(starting.Catalog, options.Buffers);
        Buffers.Resume(journal?.Image ?? new JournalImage());
        UnsentReturn returned = new(BufferTable, Buffers, room, durable, heldBroadcasts, _connections, Names, Replies, Counters, loop.Clock, log);
        Absent = new AbsentPeers(Activation, BufferTable, Buffers, returned, holder, heldBroadcasts, Names, loop);
        Absent.Subscribe();
        Visibility visibility = new(_connections, Names, Gate, Reservations);
        signals = new OwnerSignals(bus, Absent, visibility, Names);
        ReplyTimeouts timeouts = new(Replies, _connections, bus, loop, Limits)
        {
            TakeApartDoomed = () => _disconnector!.TakeApartDoomed(),
        };

        PausedInputs paused = new(loop, Counters, Limits, dooms, log) { TakeApartDoomed = () => _disconnector!.TakeApartDoomed() };

        // The pump and the connections need each other: these two close the circle.
        InboundPump pump = null!;
        TurnWork turn = new(loop, new OutgoingQueuePool(blocks)) { Pump = connection => pump.Run(connection), HangUp = paused.HungUp };
        Paced = new PacedInputs(turn, loop, Counters, log);
        PeerLiveness liveness = null!;
        Idle = new IdleCollection(loop, worthWhile: 256, isMostlyGarbage => IdleCollection.GiveBack(blocks, isMostlyGarbage));
        _admission = new ConnectionAdmission(_connections, Domains, Accounts, Counters, loop, dooms, Gate, Limits, log)
        {
            Turn = turn,
            Liveness = () => liveness,
            ConnectionsChanged = () => Idle.ConnectionsChanged(_connections.RegisteredCount),
            TakeApartDoomed = () => _disconnector!.TakeApartDoomed(),
        };
        Boots = new DomainBoots(Domains, dooms, log) { TakeApartDoomed = () => _disconnector!.TakeApartDoomed() };
        Boots.Apply(options.Xenstore);
        Domains.Changed = Boots.Refresh;
        Disconnects = new DisconnectLog(loop, log);
        _disconnector = new Disconnector(
            _connections, Names, Rules, Eavesdroppers, Monitors, Replies, Absent, signals, bus, losses, _admission, paused, dooms, Counters, Disconnects);
        InForce = new ConfigurationInForce(
            options, identity.DescriptorLimit, _connections, LiveDomains, Boots, Gate, Limits, Accounts, FdAccounts, JournalQuota, timeouts, Absent, Reservations, signals, log);
        Reloader = new Reloader(source, InForce, bus, loop, log) { TakeApartDoomed = _disconnector.TakeApartDoomed };
        StatsAccounting accounting = new(_connections, Names, Rules, Replies, Accounts, FdAccounts);
        NamePeak peak = new(_connections, Names);
        liveness = new PeerLiveness(bus, loop, Limits, dooms, privilege, log)
        {
            TakeApartDoomed = _disconnector.TakeApartDoomed,
            GraceOf = static connection => connection.Domain?.Declaration.Grace ?? PeerLiveness.DefaultGrace,
        };
        Driver = new BusDriver(bus, privilege, Activation,
        [
            .. new NameMethods(_connections, Names, _admission, Gate, visibility, signals, peak, Limits).Table,
            .. new MatchMethods(Rules, Eavesdroppers.Rules, Limits).Table,
            .. new BusMethods(Reloader, identity.Id).Table,
            .. new ActivationMethods(_connections, Names, visibility, Activation, Absent, starting.Environment, starting.MayChangeEnvironment).Table,
            .. new CredentialMethods(visibility, identity.Own).Table,
            .. new MonitoringMethods(Monitors, _disconnector, Limits).Table,
            .. new StatsMethods(privilege, _connections, Names, Rules, bus, accounting, Counters, peak, BufferTable.Totals, Journal, blocks).Table,
            .. new BrokerMethods(_connections, Names, Gate, Reservations, source, bus, loop) { TakeApartDoomed = _disconnector.TakeApartDoomed }.Table,
            .. new DomainMethods(Domains, LiveDomains, source, bus, loop, log) { TakeApartDoomed = _disconnector.TakeApartDoomed }.Table,
            .. new BufferMethods(BufferTable, Buffers, durable, Journal, Names, bus, loop.Clock) { TakeApartDoomed = _disconnector.TakeApartDoomed }.Table,
            .. new DurableMethods(BufferTable, Buffers, durable, Journal, Names, Gate, visibility, Monitors, bus) { TakeApartDoomed = _disconnector.TakeApartDoomed }.Table,
            .. new StandardInterfaces(identity.MachineId, starting.UsesSystemd).Table,
        ])
        {
            Liveness = liveness,
        };
        Handover handover = new(Replies, delivery, Eavesdroppers, Gate, bus, timeouts, Drops, Counters, sequenced, Limits);
        router = new Router(
            _connections, Names, handover, delivery, broadcast, Monitors, Eavesdroppers, Gate, bus, Driver, dooms, Drops, Absent, sequenced, heldBroadcasts, visibility,
            signals);
        Authenticator authenticator = new(_admission, _disconnector, dooms, turn);
        pump = new InboundPump(_connections, router, _disconnector, dooms, _admission, authenticator, turn, paused, Paced, Limits);
    }

    internal LimitsInForce Limits { get; }

    internal BrokerCounters Counters { get; }

    internal DropLog Drops { get; }

    internal DenialLog Denials { get; }

    internal DisconnectLog Disconnects { get; }

    internal PacedInputs Paced { get; }

    internal HeldExpiry Expiry { get; }

    internal PolicyGate Gate { get; }

    internal Eavesdroppers Eavesdroppers { get; }

    internal NameRegistry<Connection> Names { get; }

    internal MatchIndex<Connection> Rules { get; }

    internal PendingReplies Replies { get; }

    internal DomainQuota Accounts { get; }

    internal DomainQuota FdAccounts { get; }

    internal DomainTable Domains { get; }

    /// <summary>Domains that run, as xenstore knows them.</summary>
    internal DomainBoots Boots { get; }

    internal NameReservations Reservations { get; }

    internal MonitorTap Monitors { get; }

    internal IdleCollection Idle { get; }

    internal ConfigurationInForce InForce { get; }

    internal Reloader Reloader { get; }

    internal BusDriver Driver { get; }

    internal IReadOnlyCollection<Connection> Connections => _connections.All;

    internal MessageJournal Journal { get; }

    internal DomainQuota JournalQuota { get; }

    internal ServiceActivation Activation { get; }

    internal BufferTable BufferTable { get; }

    internal NameBuffers Buffers { get; }

    internal AbsentPeers Absent { get; }

    internal int ConnectionCount => _connections.All.Count;

    internal ITransportAcceptor Acceptor => _admission;

    internal LiveDomains LiveDomains { get; }

    internal void AddListener(IListener listener) => _admission.AddListener(listener);

    internal void RemoveListener(IListener listener) => _admission.RemoveListener(listener);

    /// <summary>Takes every connection apart.</summary>
    /// <returns>What is still to be written to the journal.</returns>
    internal JournalBatch Shutdown()
    {
        JournalBatch rest = Journal.TakeRest();
        Activation.Shutdown();
        Buffers.Shutdown();
        Connection[] all = [.. _connections.All];
        foreach (Connection connection in all)
        {
            // Nobody is told of the others' end.
            connection.Flush();
            connection.IsDoomed = true;
        }

        foreach (Connection connection in all)
        {
            _disconnector.TakeApart(connection, CloseReason.Shutdown, null);
        }

        return rest;
    }
}

/// <summary>Who the bus is.</summary>
/// <param name="Id">GetId: 32 hexadecimal digits.</param>
/// <param name="Epoch">The first number of unique names.</param>
/// <param name="Own">The broker's own process.</param>
/// <param name="MachineId">Of the host; null when it has none.</param>
/// <param name="DescriptorLimit">RLIMIT_NOFILE, which connections and passed descriptors share.</param>
internal sealed record BusIdentity(string Id, uint Epoch, PeerCredentials Own, string? MachineId, long DescriptorLimit);
