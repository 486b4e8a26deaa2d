using System.Globalization;
using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>What a domain has been told by NameOwnerChanged is what ListNames tells it, whatever happens.</summary>
internal sealed class VisibilityPropertyTests : DomainFixture
{
    private static readonly string[] WellKnown = [.. "ABCDEF".Select(letter => $"org.example.{letter}")];

    private static readonly string[] Rulebook =
    [
        "<allow send_destination='{0}'/>", "<allow own='{0}'/>", "<allow receive_sender='{0}'/>", "<deny send_destination='{0}'/>",
        "<allow send_destination='{0}' send_domain='@dom0'/>", "<allow send_domain='web'/>", "<deny own='{0}'/>",
    ];

    private readonly Dictionary<string, string> _told = [];
    private readonly List<FakePeer> _peers = [];
    private Random _random = new(0);

    [Test]
    public void What_is_told_is_what_is_there([Range(1, 20)] int seed)
    {
        _random = new Random(seed);
        Rules(RandomRules());
        FakePeer viewer = Broker.ConnectFromDomain("nfs");
        FakePeer host = Broker.Connect();
        viewer.AddMatch(NameChanges);
        foreach (string name in viewer.AskWell("ListNames").Strings())
        {
            _told[name] = name[0] == ':' ? name : viewer.AskWell("GetNameOwner", name).FirstString!;
        }

        for (int step = 0; step < 400; step++)
        {
            Broker.Pass(TimeSpan.FromSeconds(1));
            Step(viewer);
            Hear(viewer);
            IReadOnlyList<string> names = viewer.AskWell("ListNames").Strings();
            Assert.That(names.Where(name => name != viewer.UniqueName), Is.EquivalentTo(_told.Keys.Where(name => name != viewer.UniqueName)), $"step {step}");
            foreach (string name in WellKnown)
            {
                Assert.That(viewer.Ask("GetNameOwner", name).FirstString, Is.EqualTo(_told.GetValueOrDefault(name)).Or.Contains("no owner"), $"step {step}");
            }

            Assert.That(names, Is.SubsetOf(host.AskWell("ListNames").Strings()));
        }
    }

    private void Hear(FakePeer viewer)
    {
        foreach (PeerMessage message in viewer.ReceiveAll().Where(message => message.Member == "NameOwnerChanged"))
        {
            string[] arguments = [.. message.Arguments()];
            Assert.That(_told.GetValueOrDefault(arguments[0], ""), Is.EqualTo(arguments[1]), $"it knows the former owner of {arguments[0]}");
            if (arguments[2].Length == 0)
            {
                _told.Remove(arguments[0]);
            }
            else
            {
                _told[arguments[0]] = arguments[2];
            }
        }
    }

    private void Step(FakePeer viewer)
    {
        if (_peers.Count == 0 || (_peers.Count < 8 && _random.Next(6) == 0))
        {
            _peers.Add(_random.Next(3) == 0 ? Broker.ConnectFromDomain("web") : Broker.Connect());
            return;
        }

        FakePeer peer = _peers[_random.Next(_peers.Count)];
        switch (_random.Next(12))
        {
            case 0:
                peer.Close();
                _peers.Remove(peer);
                break;
            case < 5:
                peer.Call("RequestName", WellKnown[_random.Next(WellKnown.Length)], (uint)_random.Next(8));
                break;
            case < 8:
                peer.Call("ReleaseName", WellKnown[_random.Next(WellKnown.Length)]);
                break;
            case 8:
                peer.CallPeer(viewer.UniqueName, "Do");
                break;
            case 9:
                viewer.CallPeer(peer.UniqueName, "Do");
                break;
            case 10:
                peer.Emit("Signal");
                break;
            default:
                Reload(Domains, RandomRules());
                break;
        }
    }

    private string RandomRules()
    {
        string rules = string.Concat(Enumerable.Range(0, _random.Next(5)).Select(
            _ => string.Format(CultureInfo.InvariantCulture, Rulebook[_random.Next(Rulebook.Length)], WellKnown[_random.Next(WellKnown.Length)])));
        return $"<policy domain='*'><allow receive_type='signal'/><allow receive_type='method_call'/></policy><policy domain='web'><allow own='*'/></policy><policy domain='nfs'>{rules}</policy>";
    }
}
