using System.Globalization;
using XcpBroker.Auth;
using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Driver;

internal sealed class CredentialTests : BusFixture
{
    private const string Bus = "org.freedesktop.DBus";

    [Test]
    public void A_peer_is_who_the_transport_says()
    {
        FakePeer asking = Broker.Connect();
        FakePeer root = Broker.Connect(user: 0, process: 4711);
        root.RequestName("org.example.Root");
        foreach (string name in new[] { ":1.1", "org.example.Root" })
        {
            Assert.That(asking.AskWell("GetConnectionUnixUser", name).Number(), Is.Zero);
            Assert.That(asking.AskWell("GetConnectionUnixProcessID", name).Number(), Is.EqualTo(4711));
            Assert.That(asking.AskWell("GetConnectionCredentials", name).Dictionary(), Is.EquivalentTo(new Dictionary<string, string>
            {
                ["UnixUserID"] = "0",
                ["UnixGroupIDs"] = "[0]",
                ["ProcessID"] = "4711",
            }));
        }
    }

    [Test]
    public void The_bus_is_its_own_process()
    {
        FakePeer asking = Broker.Connect();

        Assert.That(asking.AskWell("GetConnectionUnixUser", Bus).Number(), Is.EqualTo(InMemoryBroker.OwnUser));
        Assert.That(asking.AskWell("GetConnectionUnixProcessID", Bus).Number(), Is.EqualTo(1));
        Assert.That(
            asking.AskWell("GetConnectionCredentials", Bus).Dictionary()["UnixUserID"],
            Is.EqualTo(InMemoryBroker.OwnUser.ToString(CultureInfo.InvariantCulture)));
    }

    [TestCase("GetConnectionUnixUser")]
    [TestCase("GetConnectionUnixProcessID")]
    [TestCase("GetConnectionCredentials")]
    [TestCase("GetAdtAuditSessionData")]
    [TestCase("GetConnectionSELinuxSecurityContext")]
    public void Of_nobody_nothing_is_known(string member)
    {
        FakePeer asking = Broker.Connect();
        FakePeer gone = Broker.Connect();
        gone.Close();
        foreach (string name in new[] { "org.example.Nobody", ":1.1", ":1.9", "not a name", "" })
        {
            Assert.That(asking.Ask(member, name).ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner), name);
        }
    }

    [Test]
    public void What_the_transport_cannot_tell_is_left_out_and_never_zero()
    {
        FakePeer asking = Broker.Connect();
        FakePeer silent = Broker.Connect(new PeerCredentials { UserId = InMemoryBroker.OwnUser, ProcessId = null, GroupIds = null });

        Assert.That(asking.Ask("GetConnectionUnixProcessID", silent.UniqueName).ErrorName, Is.EqualTo(ErrorNames.UnixProcessIdUnknown));
        Assert.That(asking.AskWell("GetConnectionCredentials", silent.UniqueName).Dictionary().Keys, Is.EqualTo(["UnixUserID"]));
    }

    [Test]
    public void Groups_and_label_are_told_whole()
    {
        FakePeer asking = Broker.Connect();
        FakePeer peer = Broker.Connect(new PeerCredentials
        {
            UserId = 0,
            ProcessId = 5,
            GroupIds = [0, 4, 27, 4000000000],
            SecurityLabel = "label"u8.ToArray(),
        });
        IReadOnlyDictionary<string, string> credentials = asking.AskWell("GetConnectionCredentials", peer.UniqueName).Dictionary();

        Assert.That(credentials["UnixGroupIDs"], Is.EqualTo("[0 4 27 4000000000]"));
        Assert.That(credentials["LinuxSecurityLabel"], Is.EqualTo("[108 97 98 101 108 0]"));
    }

    [Test]
    public void There_is_neither_audit_data_nor_an_SELinux_context()
    {
        FakePeer peer = Broker.Connect();

        Assert.That(peer.Ask("GetAdtAuditSessionData", ":1.0").ErrorName, Is.EqualTo(ErrorNames.AdtAuditDataUnknown));
        Assert.That(peer.Ask("GetConnectionSELinuxSecurityContext", ":1.0").ErrorName, Is.EqualTo(ErrorNames.SELinuxSecurityContextUnknown));
    }
}
