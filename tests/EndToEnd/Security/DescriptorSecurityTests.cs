using System.Text;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Security;

/// <summary>Holes that brokers have had with descriptors; docs/security-history.md has the rows.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DescriptorSecurityTests : IDisposable
{
    private readonly Shell _shell = new();
    private readonly FileStream _file = File.Create(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}"));

    private int Descriptor => (int)_file.SafeFileHandle.DangerousGetHandle();

    public void Dispose()
    {
        _shell.Dispose();
        _file.Dispose();
        File.Delete(_file.Name);
    }

    [Test]
    public void CVE_2014_3636_a_broker_out_of_descriptors_goes_on()
    {
        (System.Diagnostics.Process broker, string address) = Start("exec prlimit --nofile=96:96 $B");
        List<RawPeer> crowd = [];
        for (int i = 0; i < 120; i++)
        {
            RawPeer peer = RawPeer.Open(address);
            crowd.Add(peer);
            peer.Send("\0"u8);
        }

        Assert.That(broker.HasExited, Is.False);
        crowd.ForEach(peer => peer.Dispose());
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
    }

    [Test]
    public void Dbus_broker_v22_descriptors_that_the_kernel_cannot_pass_end_their_sender_alone()
    {
        (System.Diagnostics.Process broker, string address) = Start("exec prlimit --nofile=64:64 $B");
        using RawPeer other = RawPeer.Connect(address);
        using RawPeer sender = RawPeer.Connect(address, passDescriptors: true);
        List<RawPeer> hoarders = [.. Enumerable.Range(0, 6).Select(_ => RawPeer.Connect(address, passDescriptors: true))];
        foreach (RawPeer peer in hoarders)
        {
            peer.Send("l"u8, [.. Enumerable.Repeat(Descriptor, 16)]);
        }

        sender.Send(To("org.example.Nobody", 16), sender.NextSerial(), null, [.. Enumerable.Repeat(Descriptor, 16)]);
        Assert.That(sender.WaitForClose(), Is.True);
        string line;
        do
        {
            line = Shell.ReadLine(broker.StandardError);
        }
        while (!line.Contains("disconnected by the bus", StringComparison.Ordinal));

        Assert.That(line, Does.Contain($"{sender.UniqueName} ").And.Contains("MSG_CTRUNC"));
        Assert.That(other.Call(RawPeer.Bus("GetId")).ErrorName, Is.Null);
        Assert.That(broker.HasExited, Is.False);
        hoarders.ForEach(peer => peer.Dispose());
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
    }

    /// <summary>The kernel lets a user have as many descriptors in flight as one of its processes may have open: ETOOMANYREFS.</summary>
    [Test]
    public void CVE_2014_3532_too_many_in_flight_wait_and_end_nobody()
    {
        Assume.That(Environment.IsPrivilegedProcess, "root has no such limit; another user is needed");
        const int Limit = 100;
        const int Beyond = 10; // these wait in the bus, and no more than it holds for one receiver: kernels differ in what they count
        File.SetUnixFileMode(_shell.Directory, (UnixFileMode)0x1ff); // 0777
        (_, string address) = Start($"exec prlimit --nofile={Limit}:{Limit} setpriv --reuid=61234 --regid=61234 --clear-groups $B");
        using RawPeer receiver = RawPeer.Connect(address, passDescriptors: true);
        using RawPeer sender = RawPeer.Connect(address, passDescriptors: true);
        for (int i = 0; i < Limit + Beyond; i++)
        {
            sender.Send(To(receiver.UniqueName, 1) with { Member = $"C{i}" }, sender.NextSerial(), null, Descriptor);
        }

        Assert.That(sender.Call(RawPeer.Bus("GetId")).ErrorName, Is.Null);
        for (int i = 0; i < Limit + Beyond; i++)
        {
            PeerMessage message = receiver.Receive();
            Assert.That((message.Member, message.Descriptors.Count), Is.EqualTo(($"C{i}", 1)));
            RawPeer.Close(message.Descriptors);
        }
    }

    [TestCase(16, false)]
    [TestCase(17, true)]
    public void CVE_2014_3635_one_descriptor_more_than_a_message_may_have(int count, bool isClosed)
    {
        (_, string address) = Start("exec $B");
        using RawPeer sender = RawPeer.Connect(address, passDescriptors: true);
        uint serial = sender.NextSerial();
        sender.Send(To("org.example.Nobody", (uint)count), serial, null, [.. Enumerable.Repeat(Descriptor, count)]);

        Assert.That(isClosed ? sender.WaitForClose() : sender.ReceiveReply(serial).ErrorName is not null, Is.True);
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
    }

    [Test]
    public void CVE_2022_42012_descriptors_in_the_other_byte_order()
    {
        (_, string address) = Start("exec $B");
        using RawPeer receiver = RawPeer.Connect(address, passDescriptors: true);
        using RawPeer sender = RawPeer.Connect(address, passDescriptors: true);
        List<byte> fields = [];
        AddField(fields, 1, 'o', "/a");
        AddField(fields, 3, 's', "Do");
        AddField(fields, 6, 's', receiver.UniqueName);
        Align(fields);
        fields.AddRange((byte[])[8, 1, (byte)'g', 0, 1, (byte)'h', 0]);
        Align(fields);
        fields.AddRange((byte[])[9, 1, (byte)'u', 0, 0, 0, 0, 1]);
        byte length = (byte)fields.Count;
        Align(fields);
        sender.Send([(byte)'B', 1, 0, 1, 0, 0, 0, 4, 0, 0, 0, 9, 0, 0, 0, length, .. fields, 0, 0, 0, 0], Descriptor);

        PeerMessage message = receiver.Receive();
        Assert.That((message.IsBigEndian, message.Descriptors.Count), Is.EqualTo((true, 1)));
        RawPeer.Close(message.Descriptors);
    }

    [Test]
    public void Dbus_broker_v36_storms_of_peers_with_descriptors_disclose_none()
    {
        (System.Diagnostics.Process broker, string address) = Start("exec $B");
        using RawPeer receiver = RawPeer.Connect(address, passDescriptors: true);
        string expected = _file.Name;
        for (int i = 0; i < 200; i++)
        {
            using (RawPeer.Open(address))
            {
            }

            using RawPeer sender = RawPeer.Connect(address, passDescriptors: true);
            sender.Send(To(receiver.UniqueName, 2), sender.NextSerial(), null, Descriptor, Descriptor);
            if (i % 3 == 0)
            {
                sender.Send("l"u8, Descriptor);
            }
        }

        for (int i = 0; i < 200; i++)
        {
            PeerMessage message = receiver.Receive();
            Assert.That(message.Descriptors.Select(descriptor => new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget), Is.EqualTo([expected, expected]));
            RawPeer.Close(message.Descriptors);
        }

        Assert.That(broker.HasExited, Is.False);
    }

    private static MessageFields To(string name, uint descriptors) => new()
    {
        Type = MessageType.MethodCall,
        Destination = name,
        Path = "/a",
        Interface = "a.b",
        Member = "C",
        UnixFds = descriptors,
    };

    private static void Align(List<byte> bytes) => bytes.AddRange(new byte[-bytes.Count & 7]);

    private static void AddField(List<byte> fields, byte code, char type, string value)
    {
        Align(fields);
        fields.AddRange((byte[])[code, 1, (byte)type, 0, 0, 0, 0, (byte)value.Length, .. Encoding.ASCII.GetBytes(value), 0]);
    }

    private (System.Diagnostics.Process Broker, string Address) Start(string command)
    {
        System.Diagnostics.Process broker = _shell.Start($"{command} --print-address --address=unix:path=$D/bus");
        return (broker, Shell.ReadLine(broker.StandardOutput));
    }
}
