using XcpBroker.Activation;
using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config.Services;
using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>Whatever callers, owners and operators do: a call ends once, nothing comes twice, and what one sender sends to one name comes in order.</summary>
internal sealed class BufferPropertyTests : BusFixture
{
    private const string Declared = "org.example.Declared";
    private const string Grouped = "org.example.Group.One";
    private const string Plain = "org.example.Plain";
    private const int Steps = 400;

    private static readonly string[] Names = [Declared, Grouped, Plain];

    private readonly List<Caller> _callers = [];
    private readonly List<FakePeer> _owners = [];
    private readonly HashSet<FakePeer> _broken = [];
    private readonly HashSet<string> _seen = [];
    private readonly Dictionary<(FakePeer Owner, string Sender, string Name), int> _last = [];
    private Random _chance = new(0);
    private int _callerCount;
    private string _denials = "";

    [Test]
    public void A_call_ends_once_and_nothing_comes_twice_or_out_of_order([Range(1, 40)] int seed)
    {
        _chance = new Random(seed);
        Begin();
        for (int i = 0; i < 3; i++)
        {
            AddCaller();
        }

        for (int step = 0; step < Steps; step++)
        {
            Act();
            Collect();
        }

        while (_owners.Count > 0)
        {
            Kill(_owners[0]);
        }

        // What still waits goes to the next owner, as all did before.
        _callers[0].Peer.EmitTo(Declared, "Signal", _callers[0].Next(Declared));
        foreach (string name in Names)
        {
            AddOwner(name);
            Read(_owners[0]);
            Kill(_owners[0]);
        }

        Broker.Pass(TimeSpan.FromSeconds(60));
        Collect();
        Assert.That(
            _callers.SelectMany(caller => caller.Answers.Where(answer => answer.Value != 1).Select(answer => $"{caller.Peer.UniqueName} {answer.Key}: {answer.Value}")),
            Is.Empty, "answers to each call");
        Assert.That(_seen, Is.Not.Empty);
        Assert.That(Broker.Bus.Counters.BufferDelivered, Is.Positive);
    }

    private void Begin()
    {
        Broker.Dispose();
        Broker = new InMemoryBroker(
            starting: new ActivationOptions { Catalog = Catalog(12), Starter = new FakeStarter() },
            buffers: [new BufferedPrefix("org.example.Group", 2, new BufferDeclaration { MaxMessages = 20, MaxBytes = 20_000, DropsOldest = true })]);
    }

    private static ServiceCatalog Catalog(int maxMessages) => ServiceCatalog.Of(
        Describe(Declared) with { Buffer = new BufferDeclaration { MaxMessages = maxMessages, Subscriptions = SeenOnceTests.Subscribe("member='ToAll'") } },
        Describe(Plain) with { Arguments = ["/bin/plain"] });

    private static ServiceDescriptor Describe(string name) => new() { Name = name, FilePath = $"/services/{name}.service" };

    private void Act()
    {
        Caller caller = _callers[_chance.Next(_callers.Count)];
        string name = Names[_chance.Next(Names.Length)];
        switch (_chance.Next(16))
        {
            case < 4:
                caller.Expect(caller.Peer.CallPeer(name, _chance.Next(4) == 0 ? "Secret" : "Call", caller.Next(name), Filler()));
                break;
            case 4:
                caller.Expect(caller.Peer.Call("StartServiceByName", name, 0));
                break;
            case 5 or 6:
                caller.Peer.EmitTo(name, "Signal", caller.Next(name), Filler());
                break;
            case 7:
                caller.Peer.Emit("ToAll", caller.Next(Declared), Filler());
                break;
            case 8 or 9:
                AddOwner(name);
                break;
            case 10 when _owners.Count > 0:
                Kill(_owners[_chance.Next(_owners.Count)]);
                break;
            case 11 when _owners.Count > 0:
                Alive(owner => owner.Call("ReleaseName", name));
                break;
            case 12 when _owners.Count > 0:
                Alive(owner =>
                {
                    owner.Break();
                    _broken.Add(owner);
                });
                break;
            case 13:
                Broker.Pass(TimeSpan.FromSeconds(_chance.Next(8)));
                break;
            case 14:
                Rare(caller);
                break;
            default:
                Alive(Read);
                break;
        }
    }

    private void Rare(Caller caller)
    {
        switch (_chance.Next(5))
        {
            case 0:
                caller.Expect(caller.Peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "PurgeBuffer", Declared));
                break;
            case 1:
                Broker.Bus.Absent.Apply(Catalog(_chance.Next(4, 20)), []);
                break;
            case 2:
                _denials = _denials.Length > 0 ? "" : "<policy context='mandatory'><deny receive_interface='org.example.Interface' receive_member='Secret'/></policy>";
                Broker.Bus.Gate.Apply(PolicyFixture.Read(PolicyFixture.Open + _denials), Broker.Bus.Connections);
                break;
            case 3:
                Broker.Bus.Absent.Apply(Catalog(12), [new BufferedPrefix("org.example.Group", 3, new BufferDeclaration { MaxMessages = 9 })]);
                break;
            default:
                _callers.Remove(caller);
                caller.Peer.Close();
                AddCaller();
                break;
        }
    }

    private string Filler() => new('a', _chance.Next(4) == 0 ? _chance.Next(3000) : 0);

    private void AddCaller() => _callers.Add(new Caller(Broker.Connect(), _callerCount++));

    private void AddOwner(string name)
    {
        FakePeer owner = Broker.Connect(socketBuffer: _chance.Next(500, 4000));
        _owners.Add(owner);
        owner.Call("RequestName", name, 0);
    }

    private void Alive(Action<FakePeer> act)
    {
        FakePeer owner = _owners.Count > 0 ? _owners[_chance.Next(_owners.Count)] : Broker.Connect();
        if (_owners.Count > 0 && !_broken.Contains(owner) && !owner.IsClosed)
        {
            act(owner);
        }
    }

    private void Kill(FakePeer owner)
    {
        _owners.Remove(owner);
        owner.Close();
    }

    /// <summary>Some owners answer all, some not.</summary>
    private void Read(FakePeer owner)
    {
        foreach (PeerMessage message in owner.ReceiveAll().Where(message => message.Sender != "org.freedesktop.DBus"))
        {
            string number = message.FirstString!;
            Assert.That(_seen.Add(number), Is.True, $"{number} came twice");
            string[] words = number.Split(' ');
            (FakePeer, string, string) from = (owner, words[0], words[1]);
            int count = int.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(count, Is.GreaterThan(_last.GetValueOrDefault(from)), $"{number} is out of order");
            _last[from] = count;
            if (message.Type == 1 && _chance.Next(3) > 0)
            {
                owner.Reply(message);
            }
        }
    }

    private void Collect()
    {
        foreach (Caller caller in _callers)
        {
            foreach (PeerMessage message in caller.Peer.ReceiveAll().Where(message => message.Type is 2 or 3))
            {
                int answers = ++caller.Answers[message.ReplySerial];
                Assert.That(answers, Is.EqualTo(1), $"{message} came again");
            }
        }
    }

    /// <summary>Who calls, and how often each of its calls was answered.</summary>
    private sealed class Caller(FakePeer peer, int number)
    {
        private int _sent;

        internal FakePeer Peer => peer;

        internal Dictionary<uint, int> Answers { get; } = [];

        internal string Next(string name) => $"{number} {name} {++_sent}";

        /// <summary>It may have been answered already: that is collected later.</summary>
        internal void Expect(uint serial) => Answers.Add(serial, 0);
    }
}
