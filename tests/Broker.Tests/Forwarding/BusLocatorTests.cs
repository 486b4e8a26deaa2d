using System.Text;
using XcpBroker.Forwarding;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Forwarding;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class BusLocatorTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("xcp-locator-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Test]
    public void Where_nobody_says_there_is_nothing() => Assert.That(Locator().Find(), Is.Null);

    [Test]
    public void The_file_counts_before_the_kernels_command_line()
    {
        Write("cmdline", "quiet xcp.bus=vsock:cid=2,port=5555\n");
        Assert.That(Locator().Find(), Is.EqualTo(new LocatedBus("vsock:cid=2,port=5555", In("cmdline"))));

        Write("address", "tcp:host=169.254.0.1,port=5555\n");
        Assert.That(Locator().Find(), Is.EqualTo(new LocatedBus("tcp:host=169.254.0.1,port=5555", In("address"))));
    }

    [TestCase("xcp.bus=unix:path=/a xcp.bus=unix:path=/b", "unix:path=/b", Description = "the last one counts")]
    [TestCase("root=/dev/xvda\txcp.bus=\"unix:path=/a\" ro", "unix:path=/a")]
    [TestCase("xcp.bus= quiet", null)]
    [TestCase("notxcp.bus=unix:path=/a", null)]
    [TestCase("", null)]
    public void A_word_of_the_kernels_command_line(string line, string? expected)
    {
        Write("cmdline", line);

        Assert.That(Locator().Find()?.Address, Is.EqualTo(expected));
    }

    [Test]
    public void A_token_beside_the_file_comes_with_it()
    {
        Write("address", "tcp:host=169.254.0.1,port=5555");
        Write("token", "nfs-1 00112233445566778899aabbccddeeff");
        File.SetUnixFileMode(In("token"), UnixFileMode.UserRead);

        LocatedBus bus = Locator().Find()!;
        Assert.That((bus.Token!.Name, Encoding.ASCII.GetString(bus.Token.Secret.Span)), Is.EqualTo(("nfs-1", "00112233445566778899aabbccddeeff")));
    }

    [Test]
    public void A_token_that_others_can_read_is_an_error()
    {
        Write("address", "tcp:host=169.254.0.1,port=5555");
        Write("token", "nfs-1 00112233445566778899aabbccddeeff");
        File.SetUnixFileMode(In("token"), UnixFileMode.UserRead | UnixFileMode.OtherRead);

        Assert.That(() => Locator().Find(), Throws.TypeOf<StartException>().With.Message.Contains("chmod 600"));
    }

    private BusLocator Locator() => new(new AddressFile(_directory.FullName), new KernelCommandLine(In("cmdline")));

    private string In(string name) => $"{_directory.FullName}/{name}";

    private void Write(string name, string text) => File.WriteAllText(In(name), text);
}
