using XcpBroker.Metrics;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Properties;

/// <summary>Peers that do anything, legal or not: nothing is left of them, order is kept, and names change hands as it is told.</summary>
internal sealed class RandomOperationsTests : BusFixture
{
    private const string Bus = "org.freedesktop.DBus";
    private const int Names = 6;

    private readonly List<RandomPeer> _peers = [];
    private readonly Dictionary<string, string> _owners = [];
    private Random _random = null!;
    private FakePeer _observer = null!;
    private uint _number;

    [Test]
    public void Whatever_peers_do_the_bus_keeps_its_promises([Range(1, 12)] int seed)
    {
        _random = new Random(seed);
        Limit(limits => limits with
        {
            MaxOutgoingBytes = 60_000,
            MaxTotalBytes = 2_000_000,
            MaxMessageSize = 400_000,
            MaxRepliesPerConnection = 20,
            MaxNamesPerConnection = 4,
            MaxMatchRulesPerConnection = 6,
            MaxIncompleteConnections = 5,
            ReplyTimeout = TimeSpan.FromSeconds(20),
        });
        _observer = Broker.Connect(socketBuffer: int.MaxValue);
        _observer.AddMatch(NameChanges);
        for (int step = 0; step < 3000; step++)
        {
            Step();
            if (_random.Next(3) == 0)
            {
                Broker.Run();
                Observe();
            }
        }

        Broker.Run();
        Observe();
        CheckOwners();
        CheckAnswers();
        CloseAll();
        Assert.That(Broker.Bus.Counters.Disconnects, Is.GreaterThan(40), "peers came and went");
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.UnexpectedReply), Is.Positive);
    }

    private void Step()
    {
        if (_peers.Count == 0 || (_peers.Count < 25 && _random.Next(12) == 0))
        {
            _peers.Add(NewPeer());
            return;
        }

        RandomPeer peer = _peers[_random.Next(_peers.Count)];
        switch (_random.Next(40))
        {
            case 0:
                peer.Peer.Close();
                _peers.Remove(peer);
                break;
            case 1 when _random.Next(4) == 0:
                BecomeMonitor(peer);
                break;
            case 2 when _random.Next(3) == 0:
                peer.Peer.Write(Garbage());
                break;
            case 3:
                Broker.Clock.Advance(TimeSpan.FromSeconds(_random.Next(10)));
                break;
            case 4:
                SendPart(peer);
                break;
            case < 12:
                Read(peer);
                break;
            case < 17:
                Call(peer, "RequestName", Name(), (uint)_random.Next(8));
                break;
            case < 19:
                Call(peer, "ReleaseName", Name());
                break;
            case < 22:
                Call(peer, _random.Next(3) == 0 ? "RemoveMatch" : "AddMatch", Rule());
                break;
            case < 24:
                Call(peer, Pick("ListNames", "GetId", "NoSuchMethod", "GetNameOwner", "Hello"));
                break;
            case < 29:
                Answer(peer);
                break;
            default:
                Talk(peer);
                break;
        }
    }

    private RandomPeer NewPeer()
    {
        bool reads = _random.Next(4) != 0;
        FakePeer peer = Broker.Accept(user: _random.Next(2) == 0 ? 0 : InMemoryBroker.OwnUser, socketBuffer: reads ? 200_000 : 2000);
        if (_random.Next(10) != 0)
        {
            peer.Authenticate();
            peer.Hello();
        }

        return new RandomPeer(peer, reads);
    }

    private void Read(RandomPeer peer)
    {
        if (peer.Reads && peer.Peer.UniqueName.Length > 0 && !peer.Read())
        {
            _peers.Remove(peer);
        }
    }

    private void Talk(RandomPeer peer) => peer.Send(Message(), ++_number, new byte[_random.Next(20) == 0 ? _random.Next(50_000) : _random.Next(500)]);

    private void SendPart(RandomPeer peer)
    {
        byte[] message = peer.Peer.Build(Message() with { Flags = MessageFlags.NoReplyExpected }, peer.Peer.NextSerial(), ++_number, new byte[30_000]);
        int cut = _random.Next(message.Length);
        peer.Peer.Write(peer.Rest);
        peer.Peer.Write(message.AsSpan(0, cut));
        peer.Rest = message[cut..];
    }

    private MessageFields Message()
    {
        bool isSignal = _random.Next(2) == 0;
        return new MessageFields
        {
            Type = isSignal ? MessageType.Signal : MessageType.MethodCall,
            Flags = isSignal || _random.Next(2) == 0 ? MessageFlags.NoReplyExpected : MessageFlags.None,
            Path = "/a",
            Interface = "org.example.Interface",
            Member = "Do",
            Destination = _random.Next(4) switch
            {
                0 => Name(),
                1 => _peers[_random.Next(_peers.Count)].Peer.UniqueName is { Length: > 0 } name ? name : ":1.999999",
                2 when isSignal => null,
                _ => "org.example.Nobody",
            },
        };
    }

    private void Answer(RandomPeer peer)
    {
        if (peer.ToAnswer.Count == 0 || _random.Next(6) == 0)
        {
            peer.Send(new MessageFields
            {
                Type = MessageType.MethodReturn,
                Destination = _peers[_random.Next(_peers.Count)].Peer.UniqueName is { Length: > 0 } name ? name : null,
                ReplySerial = (uint)_random.Next(1, 100_000) + 1_000_000,
            });
            return;
        }

        PeerMessage call = peer.ToAnswer[_random.Next(peer.ToAnswer.Count)];
        if (_random.Next(8) != 0)
        {
            peer.ToAnswer.Remove(call);
        }

        peer.Send(
            new MessageFields
            {
                Type = _random.Next(3) == 0 ? MessageType.Error : MessageType.MethodReturn,
                ErrorName = "org.example.Error",
                Destination = call.Sender,
                ReplySerial = call.Serial,
                Flags = MessageFlags.NoReplyExpected,
            },
            "answer");
    }

    private void BecomeMonitor(RandomPeer peer)
    {
        if (peer.Peer.UniqueName.Length > 0)
        {
            Broker.Run();
            Read(peer);
            peer.Peer.CallOn(Bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", Array.Empty<string>(), 0u);
            peer.IsMonitor = true;
        }
    }

    private void Call(RandomPeer peer, string member, params object[] arguments) => peer.Send(
        new MessageFields
        {
            Type = MessageType.MethodCall,
            Destination = Bus,
            Path = "/org/freedesktop/DBus",
            Interface = Bus,
            Member = member,
            Flags = _random.Next(5) == 0 ? MessageFlags.NoReplyExpected : MessageFlags.None,
        },
        arguments);

    private byte[] Garbage()
    {
        byte[] garbage = new byte[_random.Next(1, 300)];
        _random.NextBytes(garbage);
        return garbage;
    }

    private string Name() => $"org.example.Name{_random.Next(Names)}";

    private string Rule() => Pick(
        "", "type='signal'", "interface='org.example.Interface'", $"sender='{Name()}'", "path_namespace='/'", "nonsense", "arg0='x'", NameChanges,
        "member='Do',type='signal'", "sender='org.freedesktop.DBus'");

    private string Pick(params string[] from) => from[_random.Next(from.Length)];

    /// <summary>Each change begins with the owner that the last one ended with.</summary>
    private void Observe()
    {
        foreach (PeerMessage message in _observer.ReceiveAll().Where(message => message.Member == "NameOwnerChanged"))
        {
            string[] change = [.. message.Arguments()];
            Assert.That(_owners.GetValueOrDefault(change[0], ""), Is.EqualTo(change[0] == change[1] ? change[0] : change[1]), message.ToString());
            _owners[change[0]] = change[2];
        }
    }

    private void CheckOwners()
    {
        for (int i = 0; i < Names; i++)
        {
            PeerMessage owner = _observer.Ask("GetNameOwner", $"org.example.Name{i}");
            Assert.That(owner.ErrorName is null ? owner.FirstString : "", Is.EqualTo(_owners.GetValueOrDefault($"org.example.Name{i}", "")));
        }
    }

    /// <summary>When all others are gone, every call of those that read was answered.</summary>
    private void CheckAnswers()
    {
        RandomPeer[] callers = [.. _peers.Where(peer => peer is { Reads: true, IsMonitor: false, Rest.Length: 0 } && peer.Peer.UniqueName.Length > 0)];
        foreach (RandomPeer peer in _peers.Except(callers).ToArray())
        {
            peer.Peer.Close();
            _peers.Remove(peer);
        }

        foreach (RandomPeer caller in callers)
        {
            Read(caller);
        }

        Broker.Pass(TimeSpan.FromSeconds(21));
        foreach (RandomPeer caller in callers)
        {
            Read(caller);
            Assert.That(_peers.Contains(caller) ? caller.Waiting : new HashSet<uint>(), Is.Empty, caller.Peer.UniqueName);
        }
    }

    private void CloseAll()
    {
        foreach (RandomPeer peer in _peers)
        {
            peer.Peer.Close();
        }

        _observer.Close();
        Broker.Pass(TimeSpan.FromSeconds(21));
        Assert.That(Broker.Leftovers(), Is.Empty);
    }
}
