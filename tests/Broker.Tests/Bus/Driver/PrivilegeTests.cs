using System.Text;
using XcpBroker.Auth;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Driver;

/// <summary>What is for root and the user of the bus only. No other user is let in yet: these are let in first and become another then.</summary>
internal sealed class PrivilegeTests : BusFixture
{
    [TestCase("org.freedesktop.DBus.Monitoring", "BecomeMonitor", 4711u, true)]
    [TestCase("org.freedesktop.DBus", "UpdateActivationEnvironment", 4711u, true)]
    [TestCase("org.freedesktop.DBus.Monitoring", "BecomeMonitor", null, true)]
    [TestCase("org.freedesktop.DBus.Monitoring", "BecomeMonitor", 0u, false)]
    [TestCase("org.freedesktop.DBus.Monitoring", "BecomeMonitor", InMemoryBroker.OwnUser, false)]
    [TestCase("org.freedesktop.DBus", "GetId", 4711u, false)]
    public void Another_user_is_denied(string name, string member, uint? user, bool isDenied)
    {
        StubTransport stub = Broker.ConnectStub();
        PeerCredentials own = stub.Credentials;
        stub.Credentials = new PeerCredentials { UserId = user };

        // The arguments are wrong, which is told only to those that may call at all.
        stub.Feed(new WireMessage(1) { Serial = 9 }
            .Path("/org/freedesktop/DBus").Interface(name).Member(member).Destination("org.freedesktop.DBus").Signature("y").Build([0]));
        Broker.Run();
        stub.Credentials = own;

        string answer = Encoding.Latin1.GetString(stub.LastSent);
        Assert.That(answer, Does.Contain(isDenied ? "org.freedesktop.DBus.Error.AccessDenied" : "org.freedesktop.DBus.Error.InvalidArgs"));
    }

    [Test]
    public void That_a_call_is_known_gives_nobody_the_right_to_it()
    {
        StubTransport stub = Broker.ConnectStub();
        PeerCredentials own = stub.Credentials;
        for (uint serial = 9; serial < 12; serial++)
        {
            Assert.That(Ask(serial), Does.Not.Contain("DBus.Error."));
        }

        stub.Credentials = new PeerCredentials { UserId = 4711 };
        string answer = Ask(12);
        stub.Credentials = own;
        Assert.That(answer, Does.Contain("org.freedesktop.DBus.Error.AccessDenied"));

        string Ask(uint serial)
        {
            stub.Feed(new WireMessage(1) { Serial = serial }
                .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus.Debug.Stats").Member("GetStats").Destination("org.freedesktop.DBus").Build());
            Broker.Run();
            return Encoding.Latin1.GetString(stub.LastSent);
        }
    }
}
