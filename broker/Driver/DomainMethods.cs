using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Domains;
using XcpBroker.Loop;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Reloading;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>Domains of a bus that runs: AddDomain, RemoveDomain and ListDomains of org.xen.xcp.Broker1. docs/operations.md, "Domains".</summary>
internal sealed class DomainMethods(DomainTable domains, LiveDomains live, ConfigurationSource source, BusMessages bus, BusLoop loop, ILogger log)
{
    /// <summary>Elements that are read at the same time: each may wait for a disk.</summary>
    private const int MaxReadings = 16;

    private int _readings;

    /// <summary>Takes apart whoever did not read its answer; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    internal IEnumerable<DriverMethod> Table =>
    [
        new(BrokerMethods.Interface, "AddDomain", "s", "", AddDomain) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "RemoveDomain", "s", "", RemoveDomain) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "ListDomains", "", "a(sssbu)", ListDomains) { Path = PathRule.BrokerOnly, IsPrivileged = true },
    ];

    /// <summary>Its argument is a domain element, as in a configuration. Answered once whoever proves to be that domain is let in.</summary>
    private DBusError AddDomain(ref DriverCall call)
    {
        if (_readings >= MaxReadings)
        {
            return DBusError.TooManyAtOnce("calls of AddDomain", MaxReadings);
        }

        _readings++;
        byte[] text = call.Arguments.ReadString().ToArray();
        WaitingCall waiting = new(call.Caller, call.ReplySerial, call.ExpectsReply);
        call.AnswerLater();
        source.RunElsewhere(() =>
        {
            DomainReading reading = source.ReadDomain(text);
            loop.Schedule(_ => Add(waiting, reading), null);
        });
        return default;
    }

    private void Add(WaitingCall call, DomainReading reading)
    {
        _readings--;
        string? problem = reading.Problem ?? live.Add(reading.Declaration!);
        if (problem is null)
        {
            DomainLog.Added(log, reading.Declaration!.Identity.Name, call.Caller);
        }

        bus.Answer(call, problem is null ? default : DBusError.InvalidArgs($"There is no such domain now: {problem}"));
        TakeApartDoomed();
    }

    private DBusError RemoveDomain(ref DriverCall call)
    {
        string name = call.ReadString();
        if (!live.Remove(name))
        {
            return DBusError.InvalidArgs($"There is no domain \"{name}\".");
        }

        DomainLog.Removed(log, name, call.Caller);
        return default;
    }

    /// <summary>Name, UUID, type, whether it was added to the bus that runs, connections.</summary>
    private DBusError ListDomains(ref DriverCall call)
    {
        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(8);
        foreach (BusDomain domain in domains.All)
        {
            reply.BeginStruct();
            reply.WriteString(domain.Identity.Name);
            reply.WriteString(domain.Identity.Uuid ?? "");
            reply.WriteString(domain.Identity.Type ?? "");
            reply.WriteBoolean(domain.IsLive);
            reply.WriteUInt32((uint)domain.Connections.Count);
        }

        reply.EndArray(array);
        return default;
    }
}
