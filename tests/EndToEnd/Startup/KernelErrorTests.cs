using System.Diagnostics;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>Errors of the kernel, injected by strace: none ends the broker, and none loses a message in silence.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KernelErrorTests : IDisposable
{
    private const int MaxAttempts = 20;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("getsockopt:error=ESRCH:when=1..3")]
    [TestCase("getsockopt:error=EMFILE:when=1..3")]
    [TestCase("getsockopt:error=ENOMEM:when=2..4")]
    [TestCase("accept4:error=EPERM:when=1..2")]
    [TestCase("sendto:error=EACCES:when=1..1")]
    [TestCase("sendto:error=EPIPE:when=2..2")]
    [TestCase("epoll_ctl:error=ENOSPC:when=4..4")]
    public void Dbus_broker_427_one_peer_may_be_lost_and_the_next_is_served(string fault)
    {
        (Process tracer, string address, string pid) = Start(fault);
        for (int attempts = 0; _shell.BusId(address).Length != 32; attempts++)
        {
            Assert.That(attempts, Is.LessThan(MaxAttempts), "nobody is served any more");
        }

        End(tracer, pid);
    }

    [TestCase("accept4:error=EMFILE:when=1..2")]
    [TestCase("accept4:error=ENFILE:when=1..1")]
    [TestCase("accept4:error=ENOBUFS:when=1..1")]
    [TestCase("accept4:error=ENOMEM:when=1..1")]
    [TestCase("accept4:error=ECONNABORTED:when=1..3")]
    [TestCase("accept4:error=EINTR:when=1..3")]
    [TestCase("recvmsg:error=EINTR:when=1..5")]
    [TestCase("recvmsg:error=EAGAIN:when=1..5")]
    [TestCase("recvmsg:error=ENOMEM:when=1..5")]
    [TestCase("recvmsg:error=ENOBUFS:when=1..5")]
    [TestCase("sendto:error=EINTR:when=1..5")]
    [TestCase("sendto:error=EAGAIN:when=1..5")]
    [TestCase("sendto:error=ENOBUFS:when=1..5")]
    [TestCase("sendto:error=ENOMEM:when=2..3")]
    [TestCase("sendto:error=ETOOMANYREFS:when=2..3")]
    [TestCase("epoll_wait:error=EINTR:when=1..20")]
    public void What_passes_is_waited_for(string fault)
    {
        (Process tracer, string address, string pid) = Start(fault);

        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        End(tracer, pid);
    }

    /// <summary>Who has not negotiated descriptors is read by another system call.</summary>
    [TestCase("recvfrom:error=EINTR:when=1..5")]
    [TestCase("recvfrom:error=EAGAIN:when=1..5")]
    [TestCase("recvfrom:error=ENOMEM:when=1..5")]
    [TestCase("recvfrom:error=ENOBUFS:when=1..5")]
    public void What_passes_is_waited_for_where_no_descriptors_do(string fault)
    {
        (Process tracer, string address, string pid) = Start(fault);

        using (RawPeer peer = RawPeer.Connect(address))
        {
            Assert.That(peer.UniqueName, Does.StartWith(":"));
        }

        End(tracer, pid);
    }

    /// <summary>Descriptors, and what is in several places, are sent by another one, too.</summary>
    [TestCase("sendmsg:error=EINTR:when=1..3")]
    [TestCase("sendmsg:error=EAGAIN:when=1..3")]
    [TestCase("sendmsg:error=ENOMEM:when=1..3")]
    [TestCase("sendmsg:error=ENOBUFS:when=1..3")]
    [TestCase("sendmsg:error=ETOOMANYREFS:when=1..3")]
    public void What_passes_is_waited_for_where_descriptors_are_sent(string fault)
    {
        const int Count = 5;
        (Process tracer, string address, string pid) = Start(fault);
        using FileStream file = File.Create(_shell.In("passed"));
        using (RawPeer receiver = RawPeer.Connect(address, passDescriptors: true))
        using (RawPeer sender = RawPeer.Connect(address, passDescriptors: true))
        {
            MessageFields fields = new()
            {
                Type = MessageType.MethodCall,
                Destination = receiver.UniqueName,
                Path = "/a",
                Member = "C",
                Signature = "s",
                UnixFds = 1,
            };
            for (int i = 0; i < Count; i++)
            {
                string text = $"{i}{new string('x', 20_000)}";
                sender.Send(fields, sender.NextSerial(), writer => writer.WriteString(text), (int)file.SafeFileHandle.DangerousGetHandle());
            }

            for (int i = 0; i < Count; i++)
            {
                PeerMessage message = receiver.Receive();
                Assert.That((message.FirstString?[0], message.Descriptors.Count), Is.EqualTo(((char)('0' + i), 1)));
                RawPeer.Close(message.Descriptors);
            }
        }

        End(tracer, pid);
    }

    [Test]
    public void Dbus_broker_427_who_cannot_be_read_is_lost_alone()
    {
        (Process tracer, string address, string pid) = Start("recvfrom:error=ECONNRESET:when=1..1");

        Assert.That(() => RawPeer.Connect(address).Dispose(), Throws.InstanceOf<IOException>());
        using (RawPeer second = RawPeer.Connect(address))
        {
            Assert.That(second.UniqueName, Does.StartWith(":"));
        }

        End(tracer, pid);
    }

    /// <summary>One of these is the loop's own eventfd, the other the socket that it listens on.</summary>
    [TestCase("epoll_ctl:error=ENOSPC:when=2..2")]
    [TestCase("epoll_ctl:error=ENOSPC:when=3..3")]
    public void A_bus_that_cannot_watch_what_it_must_does_not_start(string fault)
    {
        Process tracer = _shell.Start($"exec strace -f -o /dev/null -e trace=epoll_ctl -e inject={fault} $B --print-address --address=unix:path=bus");

        Assert.That(tracer.StandardOutput.ReadToEnd(), Is.Empty, "an address where nobody is served");
        tracer.WaitForExit();
        Assert.That(tracer.ExitCode, Is.Not.Zero);
        Assert.That(tracer.StandardError.ReadToEnd(), Does.Contain("No space left on device"));
        Assert.That(File.Exists(_shell.In("bus")), Is.False);
    }

    private (Process Tracer, string Address, string Pid) Start(string fault)
    {
        string call = fault.Split(':')[0];
        Process tracer = _shell.Start(
            $"exec strace -f -o /dev/null -e trace={call} -e inject={fault} $B --print-address --print-pid --address=unix:path=bus");
        return (tracer, Shell.ReadLine(tracer.StandardOutput), Shell.ReadLine(tracer.StandardOutput));
    }

    private void End(Process tracer, string pid)
    {
        Assert.That(_shell.Run($"kill {pid}").ExitCode, Is.Zero, "the broker has ended");
        tracer.WaitForExit();
        Assert.That(tracer.ExitCode, Is.Zero, () => tracer.StandardError.ReadToEnd());
    }
}
