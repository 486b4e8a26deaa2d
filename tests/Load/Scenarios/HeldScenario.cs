using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Scenarios;

/// <summary>Messages to a name that is declared and has no owner: only xcp-broker keeps them.</summary>
/// <remarks>Each run has a broker of its own, with limits that nothing here meets.</remarks>
internal abstract record HeldScenario(string Name) : Scenario(Name)
{
    /// <summary>Messages wait in memory.</summary>
    private protected const string Buffered = "org.example.Buffered";

    /// <summary>Messages are kept on disk.</summary>
    private protected const string Durable = "org.example.Durable";

    /// <summary>Bytes of a message's 'ay'.</summary>
    private protected const int Size = 64;

    private const string Elements = $"""
          <policy context="default"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
          <buffer own_prefix="{Buffered}" messages="10000000" bytes="4G"/>
          <buffer own_prefix="{Durable}" messages="10000000" bytes="4G" durable="yes"/>
        """;

    internal override bool WantsFreshBroker => true;

    internal override bool Admits(Contestant contestant) => contestant.IsOurs;

    internal override BrokerStart Configure(BrokerStart start, Contestant contestant) => start with
    {
        Configuration = Elements,
        KeepsState = true,
        Limits = new Dictionary<string, long> { ["max_journal_bytes"] = 1L << 30 },
    };
}

/// <summary>Into the buffer, and out of it when the owner comes.</summary>
/// <param name="Name">The row.</param>
/// <param name="Messages">How many wait.</param>
/// <param name="RateByCpu">Messages by CPU time of broker and generator instead of by the clock.</param>
internal sealed record BufferScenario(string Name, int Messages, bool RateByCpu) : HeldScenario(Name)
{
    internal override Measurement Run(Target target, BrokerProcess process)
    {
        using HeldSender sender = new(target, Buffered, Size);
        using HeldOwner owner = new(target, Size);
        Reading before = Reading.Take(target, 0);
        sender.Send(Messages);
        Reading held = Reading.Take(target, Messages);
        owner.Receive(Buffered, Messages);
        Reading delivered = Reading.Take(target, 2L * Messages);
        return new Measurement(
        [
            .. held.Figures("in: ", before, RateByCpu),
            .. delivered.Figures("out: ", held, RateByCpu),
            new Figure($"memory, bytes per message of {Messages}", (held.Rss - before.Rss) / (double)Messages),
        ]);
    }
}

/// <summary>Calls of Post that are answered when the message is on disk, to a name whose owner does not come; by the clock, since it is the disk's time.</summary>
internal sealed record PostScenario(string Name, LoadOptions Options) : HeldScenario(Name)
{
    private static readonly string[] Wanted = [Measurement.Rate, Measurement.BrokerCpu, Measurement.Median, Measurement.Tail];

    internal override Measurement Run(Target target, BrokerProcess process)
    {
        LoadOptions posting = Options with { Mode = "post", Destination = Durable, Size = Size, RateByCpu = false };
        return new Measurement([.. Meter.Run(target, posting).Figures.Where(figure => Wanted.Contains(figure.Name))]);
    }
}

/// <summary>Durable messages that are sent plainly; then the broker is ended, and the next one gives them to their owner.</summary>
internal sealed record ReplayScenario(string Name, int Messages) : HeldScenario(Name)
{
    internal override Measurement Run(Target target, BrokerProcess process)
    {
        Reading before = Reading.Take(target, 0);
        Reading accepted;
        Reading written;
        using (HeldSender sender = new(target, Durable, Size))
        {
            sender.Send(Messages);
            accepted = Reading.Take(target, Messages);
            sender.Post();
            written = Reading.Take(target, Messages);
        }

        ((XcpBrokerProcess)process).Restart();
        long serving = TimeProvider.System.GetTimestamp();
        using HeldOwner owner = new(target with { Address = process.Address, Pid = process.Pid }, Size);
        owner.Receive(Durable, Messages);
        long last = TimeProvider.System.GetTimestamp();
        return new Measurement(
        [
            .. accepted.Figures("read by the broker: ", before, byCpu: false),
            new Figure("on disk: messages/s", written.Rate(before, byCpu: false), HigherIsBetter: true),
            Since("start to serving, ms", serving),
            Since($"start to the first of {Messages} delivered, ms", owner.FirstAt),
            Since($"start to the last of {Messages} delivered, ms", last),
        ]);

        Figure Since(string name, long then) =>
            new(name, (process.StartTime + TimeProvider.System.GetElapsedTime(serving, then)).TotalMilliseconds);
    }
}
