using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using XcpBroker.Load.Reports;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Load.Workloads;

/// <summary>A broker with two domains on sockets of their own: one has a service that the host calls, the other may flood.</summary>
internal static class DomainFlood
{
    /// <summary>What the flood achieved.</summary>
    internal const string Flood = "flood, messages/s";

    private const int Batch = 64;
    private const string Service = "org.example.Service";
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    /// <param name="flooders">Connections that send one-way calls to a peer of their own domain as fast as the bus takes them.</param>
    /// <param name="limit">max_messages_per_second of their domain.</param>
    /// <param name="duration">How long is measured.</param>
    internal static Measurement Measure(int flooders, int limit, TimeSpan duration)
    {
        using DomainBroker broker = DomainBroker.Start(limit);
        using RawPeer service = RawPeer.Connect(broker.AddressOf("good"));
        _ = service.Call(RawPeer.Bus("RequestName", "su"), body =>
        {
            body.WriteString(Service);
            body.WriteUInt32(0);
        });
        using CancellationTokenSource end = new();
        Thread serving = Begin(() => Serve(service, end.Token));
        using RawPeer sink = RawPeer.Connect(broker.AddressOf("bad"));
        long flooded = 0;
        Thread draining = Begin(() => Drain(sink, ref flooded, end.Token));
        Thread[] floods = [.. Enumerable.Range(0, flooders).Select(_ => Begin(() => SendAll(broker.AddressOf("bad"), sink.UniqueName, end.Token)))];
        using RawPeer host = RawPeer.Connect(broker.Address);
        Samples laps = new();
        Call(host, laps, WarmUp);
        laps.Clear();
        long before = Volatile.Read(ref flooded);
        int calls = Call(host, laps, duration);
        long during = Volatile.Read(ref flooded) - before;
        end.Cancel();
        foreach (Thread thread in (Thread[])[serving, draining, .. floods])
        {
            thread.Join();
        }

        return new Measurement(
        [
            new Figure(Measurement.Rate, calls / duration.TotalSeconds, HigherIsBetter: true),
            new Figure(Measurement.Median, laps.Percentile(0.5) ?? double.NaN),
            new Figure(Measurement.Tail, laps.Percentile(0.99) ?? double.NaN),
            new Figure(Flood, during / duration.TotalSeconds),
        ]);
    }

    private static Thread Begin(ThreadStart work)
    {
        Thread thread = new(work);
        thread.Start();
        return thread;
    }

    private static int Call(RawPeer host, Samples laps, TimeSpan duration)
    {
        MessageFields call = To(Service);
        long began = TimeProvider.System.GetTimestamp();
        int calls = 0;
        while (TimeProvider.System.GetElapsedTime(began) < duration)
        {
            long sent = TimeProvider.System.GetTimestamp();
            if (host.Call(call).ErrorName is { } error)
            {
                throw new InvalidOperationException($"a call failed: {error}");
            }

            laps.Add(TimeProvider.System.GetTimestamp() - sent);
            calls++;
        }

        return calls;
    }

    private static void Serve(RawPeer service, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            if (service.TryReceive(TimeSpan.FromMilliseconds(100)) is { Type: 1 } call)
            {
                MessageFields reply = new()
                {
                    Type = MessageType.MethodReturn,
                    Destination = call.Sender,
                    ReplySerial = call.Serial,
                    Flags = MessageFlags.NoReplyExpected,
                };
                service.Send(reply, service.NextSerial());
            }
        }
    }

    private static void Drain(RawPeer sink, ref long count, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            Volatile.Write(ref count, count + (sink.TryReceive(TimeSpan.FromMilliseconds(100)) is null ? 0 : 1));
        }
    }

    private static void SendAll(string address, string sink, CancellationToken end)
    {
        using RawPeer peer = RawPeer.Connect(address);
        MessageBuilder builder = new();
        List<byte> batch = [];
        for (int i = 0; i < Batch; i++)
        {
            builder.Begin(To(sink) with { Flags = MessageFlags.NoReplyExpected });
            batch.AddRange(builder.Finish(peer.NextSerial()));
        }

        byte[] bytes = [.. batch];
        try
        {
            while (!end.IsCancellationRequested && peer.Send(bytes))
            {
            }
        }
        catch (Exception e) when (e is TimeoutException or Win32Exception)
        {
            // The bus has ended, or takes nothing any more.
        }
    }

    private static MessageFields To(string destination) => new()
    {
        Type = MessageType.MethodCall,
        Destination = destination,
        Path = "/a",
        Interface = "org.example.Interface",
        Member = "Do",
    };

    /// <summary>The published broker, its sockets and its configuration.</summary>
    private sealed class DomainBroker : IDisposable
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("xcp-domains-").FullName;
        private Process? _process;

        internal string Address => AddressOf("host");

        internal static DomainBroker Start(int limit)
        {
            DomainBroker broker = new();
            string file = Path.Combine(broker._directory, "bus.conf");
            File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"""
                <busconfig>
                  <type>xcp</type><listen>{broker.Address}</listen>
                  <domain name="good"><source unix="{broker._directory}/good"/><limit name="max_messages_per_second">0</limit></domain>
                  <domain name="bad"><source unix="{broker._directory}/bad"/><limit name="max_messages_per_second">{limit}</limit></domain>
                  <policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
                  <policy domain="*"><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
                </busconfig>
                """));
            ProcessStartInfo start = new(XcpBrokerProcess.Binary, [$"--config-file={file}", "--print-address", "--nofork"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            broker._process = Process.Start(start)!;
            broker._process.ErrorDataReceived += static (_, _) => { };
            broker._process.BeginErrorReadLine();
            return broker._process.StandardOutput.ReadLine() is null ? throw new IOException("the broker did not start") : broker;
        }

        internal string AddressOf(string name) => $"unix:path={_directory}/{name}";

        public void Dispose()
        {
            _process!.Kill();
            _process.WaitForExit();
            _process.Dispose();
            Directory.Delete(_directory, recursive: true);
        }
    }
}
