using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Limits;

/// <summary>Descriptors that came with a message of which the rest is missing.</summary>
internal sealed class HeldDescriptorTests : BusFixture
{
    private static readonly byte[] Part = WireMessage.Call(":1.0", "Do").Build()[..20];

    // No process has that many.
    private static readonly int[] NoDescriptors = [1_000_000_000, 1_000_000_001, 1_000_000_002, 1_000_000_003];

    [Test]
    public void CVE_2014_7824_a_peer_that_hoards_them_is_ended()
    {
        StubTransport stub = Broker.ConnectStub();
        for (int held = 4; held <= 64; held += 4)
        {
            Bring(stub);
            Assert.That(stub.IsClosed, Is.False, $"{held} held");
        }

        Bring(stub);
        Assert.That(stub.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("max_incoming_unix_fds is 64"));
    }

    [Test]
    public void CVE_2014_3637_a_message_that_never_comes_whole_ends_its_sender_in_time()
    {
        StubTransport stub = Broker.ConnectStub();
        Bring(stub);
        Broker.Pass(TimeSpan.FromSeconds(149));
        Assert.That(stub.IsClosed, Is.False);
        Broker.Pass(TimeSpan.FromSeconds(1));

        Assert.That(stub.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("PendingFdTimeout"));
    }

    [Test]
    public void Without_negotiation_they_end_their_sender_when_the_message_is_whole()
    {
        StubTransport stub = Broker.ConnectStub();
        stub.ReceivedFds.Add(NoDescriptors);
        stub.Feed(WireMessage.Call(":1.0", "Do").Build());
        Broker.Run();

        Assert.That(stub.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("NEGOTIATE_UNIX_FD"));
    }

    private void Bring(StubTransport stub)
    {
        stub.ReceivedFds.Add(NoDescriptors);
        stub.Feed(Part);
        Broker.Run();
    }
}
