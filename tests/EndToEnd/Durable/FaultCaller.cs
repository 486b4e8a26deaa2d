using System.Collections.Concurrent;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Durable;

/// <summary>Calls services that die, on a bus that dies, and counts what becomes of each call.</summary>
internal sealed class FaultCaller(string address, Random chance, Func<int> nextNumber) : IDisposable
{
    private const int MostAtOnce = 8;

    /// <summary>Longer than any call may wait in the buffers and in a service that hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<int, List<string>> _outcomes = [];
    private readonly CancellationTokenSource _stop = new();
    private Thread? _thread;
    private Exception? _failure;

    /// <summary>What became of each call, by its number: one word, or the name of an error. More or fewer than one are a mistake.</summary>
    internal IReadOnlyDictionary<int, List<string>> Outcomes => _outcomes;

    internal void Start()
    {
        _thread = new Thread(Run) { Name = "caller" };
        _thread.Start();
    }

    /// <summary>Waits for what is under way.</summary>
    internal void Finish()
    {
        _stop.Cancel();
        _thread!.Join();
        if (_failure is not null)
        {
            throw new InvalidOperationException("a caller failed", _failure);
        }
    }

    public void Dispose() => _stop.Dispose();

    private void Run()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                Connect();
            }
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }

    private void Connect()
    {
        RawPeer peer;
        try
        {
            peer = RawPeer.Connect(address);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or EndOfStreamException or System.ComponentModel.Win32Exception)
        {
            // The bus is away.
            _stop.Token.WaitHandle.WaitOne(50);
            return;
        }

        using (peer)
        {
            while (!peer.IsClosed && !_stop.IsCancellationRequested)
            {
                if (!TryCallSome(peer))
                {
                    return;
                }

                _stop.Token.WaitHandle.WaitOne(chance.Next(60));
            }
        }
    }

    /// <returns>False: it has left its calls alone, and must not be used any more.</returns>
    private bool TryCallSome(RawPeer peer)
    {
        Dictionary<uint, int> waiting = [];
        for (int i = chance.Next(1, MostAtOnce + 1); i > 0; i--)
        {
            int number = nextNumber();
            uint serial = peer.NextSerial();
            waiting.Add(serial, number);
            _outcomes[number] = [];
            Call(peer, serial, number);
        }

        if (chance.Next(20) == 0)
        {
            foreach (int number in waiting.Values)
            {
                _outcomes[number].Add("left");
            }

            return false;
        }

        Receive(peer, waiting);
        return true;
    }

    private void Call(RawPeer peer, uint serial, int number)
    {
        try
        {
            peer.Send(
                new MessageFields
                {
                    Type = MessageType.MethodCall,
                    Destination = chance.Next(2) == 0 ? DurableStage.Name : DurableStage.Plain,
                    Path = "/",
                    Interface = "org.example.Durable",
                    Member = "Answer",
                    Signature = "u",
                },
                serial,
                body => body.WriteUInt32((uint)number));
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception)
        {
            // The end of the connection is found when it is read.
        }
    }

    /// <summary>Each call gets its answer before the last one does, or never: whatever comes twice comes to somebody's call.</summary>
    private void Receive(RawPeer peer, Dictionary<uint, int> waiting)
    {
        HashSet<uint> unanswered = [.. waiting.Keys];
        while (unanswered.Count > 0 && peer.TryReceive(Patience) is { } message)
        {
            if (message.Type is 2 or 3 && message.ReplySerial is { } serial && waiting.TryGetValue(serial, out int number))
            {
                _outcomes[number].Add(message.Type == 2 ? "answered" : message.ErrorName!);
                unanswered.Remove(serial);
            }
        }

        // Whoever gets nothing although the bus is there has none.
        foreach (uint serial in peer.IsClosed ? unanswered : [])
        {
            _outcomes[waiting[serial]].Add("bus gone");
        }

        while (!peer.IsClosed && peer.TryReceive(TimeSpan.FromMilliseconds(1)) is { } more)
        {
            if (more.ReplySerial is { } serial && waiting.TryGetValue(serial, out int number))
            {
                _outcomes[number].Add("again");
            }
        }
    }
}
