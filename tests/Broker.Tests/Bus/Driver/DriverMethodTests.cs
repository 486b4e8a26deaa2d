using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Driver;

/// <summary>What the methods answer that are about neither names nor match rules nor monitors.</summary>
internal sealed class DriverMethodTests : BusFixture
{
    private const string Bus = "org.freedesktop.DBus";
    private const string Properties = "org.freedesktop.DBus.Properties";

    [Test]
    public void The_bus_has_an_id_that_is_not_that_of_an_address()
    {
        Assert.That(Broker.Connect().AskWell("GetId").FirstString, Is.EqualTo(InMemoryBroker.Id));
    }

    [Test]
    public void What_runs_is_running_and_what_does_not_cannot_be_started()
    {
        FakePeer peer = Broker.Connect();
        peer.RequestName("org.example.Name");

        foreach (string name in new[] { "org.example.Name", ":1.0", Bus })
        {
            Assert.That(peer.AskWell("StartServiceByName", name, 0u).Number(), Is.EqualTo(2), name);
        }

        foreach (string name in new[] { "org.example.Nobody", ":1.9", "not a name" })
        {
            Assert.That(peer.Ask("StartServiceByName", name, 0u).ErrorName, Is.EqualTo(ErrorNames.ServiceUnknown), name);
        }
    }

    [Test]
    public void Nothing_but_the_bus_can_be_activated() =>
        Assert.That(Broker.Connect().AskWell("ListActivatableNames").Strings(), Is.EqualTo([Bus]));

    [Test]
    public void ReloadConfig_succeeds() => Assert.That(Broker.Connect().AskWell("ReloadConfig").Signature, Is.Empty);

    [Test]
    public void The_properties_of_the_bus_can_be_read()
    {
        FakePeer peer = Broker.Connect();
        PeerMessage features = Ask(peer, Properties, "Get", Bus, "Features");
        PeerMessage all = Ask(peer, Properties, "GetAll", Bus);

        Assert.That((features.Signature, features.ArgumentsText()), Is.EqualTo(("v", "[ActivatableServicesChanged HeaderFiltering]")));
        Assert.That(all.Dictionary(), Is.EquivalentTo(new Dictionary<string, string>
        {
            ["Features"] = "[ActivatableServicesChanged HeaderFiltering]",
            ["Interfaces"] = "[org.freedesktop.DBus.Monitoring org.freedesktop.DBus.Debug.Stats]",
        }));
    }

    [Test]
    public void Properties_that_are_not_there_or_cannot_be_set_are_told_so()
    {
        FakePeer peer = Broker.Connect();

        Assert.That(Ask(peer, Properties, "Get", Bus, "Nothing").ErrorName, Is.EqualTo(ErrorNames.UnknownProperty));
        Assert.That(Ask(peer, Properties, "Get", "org.example.Unknown", "Features").ErrorName, Is.EqualTo(ErrorNames.UnknownInterface));
        Assert.That(Ask(peer, Properties, "GetAll", "org.example.Unknown").ErrorName, Is.EqualTo(ErrorNames.UnknownInterface));
        Assert.That(Ask(peer, Properties, "GetAll", "").ErrorName, Is.EqualTo(ErrorNames.UnknownInterface));
        Assert.That(Set("Features"), Is.EqualTo(ErrorNames.PropertyReadOnly));
        Assert.That(Set("Nothing"), Is.EqualTo(ErrorNames.UnknownProperty));

        string? Set(string property)
        {
            WireMessage call = new WireMessage(1) { Serial = 500 }
                .Path("/org/freedesktop/DBus").Interface(Properties).Member("Set").Destination(Bus).Signature("ssv");
            byte[] name = [.. call.UInt32((uint)Bus.Length), .. System.Text.Encoding.ASCII.GetBytes(Bus), 0, 0, 0, 0];
            byte[] body = [.. name, .. call.UInt32((uint)property.Length), .. System.Text.Encoding.ASCII.GetBytes(property), 0, 1, (byte)'y', 0, 7];
            peer.SendRaw(call.Build(body));
            return peer.Receive().ErrorName;
        }
    }

    [Test]
    public void Every_path_can_be_introspected()
    {
        FakePeer peer = Broker.Connect();
        foreach (string path in new[] { "/", "/org", "/org/freedesktop", "/org/freedesktop/DBus", "/elsewhere" })
        {
            PeerMessage answer = peer.ReceiveReply(peer.CallOn(Bus, path, "org.freedesktop.DBus.Introspectable", "Introspect"));
            Assert.That(answer.FirstString, Does.Contain("<node"), path);
        }
    }

    [Test]
    public void UpdateActivationEnvironment_is_taken_from_the_privileged()
    {
        FakePeer peer = Broker.Connect(user: 0);
        uint serial = peer.NextSerial();
        peer.SendRaw(new WireMessage(1) { Serial = serial }
            .Path("/org/freedesktop/DBus").Interface(Bus).Member("UpdateActivationEnvironment").Destination(Bus).Signature("a{ss}").Build([0, 0, 0, 0, 0, 0, 0, 0]));

        Assert.That(peer.Hear(), Is.EqualTo([$"return {serial}()"]));
    }

    [Test]
    public void Ping_is_answered_with_nothing()
    {
        FakePeer peer = Broker.Connect();

        Assert.That(Ask(peer, "org.freedesktop.DBus.Peer", "Ping").Signature, Is.Empty);
    }

    private static PeerMessage Ask(FakePeer peer, string name, string member, params object[] arguments) =>
        peer.ReceiveReply(peer.CallOn(Bus, "/org/freedesktop/DBus", name, member, arguments));
}
