namespace XcpBroker.Config.Tests;

public sealed class UnixListenAddressTests
{
    private static readonly AddressSurroundings Surroundings = new("/home", "/run/user/7");

    [TestCase(UnixAddressKind.Path, "/run/bus", "unix:path=/run/bus")]
    [TestCase(UnixAddressKind.Path, "bus", "unix:path=/home/bus")]
    [TestCase(UnixAddressKind.Path, "../bus", "unix:path=/home/../bus")]
    [TestCase(UnixAddressKind.Abstract, "bus", "unix:abstract=bus")]
    [TestCase(UnixAddressKind.Runtime, "yes", "unix:path=/run/user/7/bus")]
    public void The_connectable_form_of(UnixAddressKind kind, string value, string expected) =>
        Assert.That(Resolve(new UnixListenAddress(kind, value)).ToString(), Is.EqualTo(expected));

    [TestCase(UnixAddressKind.Directory, "/tmp", "^/tmp/dbus-[0-9a-f]{12}$")]
    [TestCase(UnixAddressKind.Directory, "/tmp/", "^/tmp/dbus-[0-9a-f]{12}$")]
    [TestCase(UnixAddressKind.TemporaryDirectory, "tmp", "^/home/tmp/dbus-[0-9a-f]{12}$")]
    public void A_directory_gets_a_socket_with_a_random_name(UnixAddressKind kind, string value, string pattern)
    {
        UnixListenAddress address = new(kind, value);

        UnixListenAddress first = Resolve(address);
        UnixListenAddress second = Resolve(address);

        Assert.That(first.Kind, Is.EqualTo(UnixAddressKind.Path));
        Assert.That(first.Value, Does.Match(pattern));
        Assert.That(second, Is.Not.EqualTo(first));
    }

    [Test]
    public void The_guid_stays() => Assert.That(Resolve(new UnixListenAddress(UnixAddressKind.Runtime, "yes") { Guid = "ab" }).Guid, Is.EqualTo("ab"));

    [TestCase(null)]
    [TestCase("")]
    public void Without_a_runtime_directory_runtime_is_an_error(string? runtimeDirectory)
    {
        bool resolved = new UnixListenAddress(UnixAddressKind.Runtime, "yes")
            .TryResolve(Surroundings with { RuntimeDirectory = runtimeDirectory }, out _, out string? error);

        Assert.That(resolved, Is.False);
        Assert.That(error, Is.EqualTo("unix:runtime=yes: XDG_RUNTIME_DIR is not set"));
    }

    [Test]
    public void A_name_that_the_kernel_cannot_take_is_an_error_that_shows_the_address_as_written()
    {
        bool resolved = new UnixListenAddress(UnixAddressKind.Directory, $"/{new string('d', 100)}").TryResolve(Surroundings, out _, out string? error);

        Assert.That(resolved, Is.False);
        Assert.That(error, Does.StartWith("unix:dir=/ddd").And.Contain("119 bytes"));
    }

    [Test]
    public void Length_counts_bytes_not_characters()
    {
        Assert.That(new UnixListenAddress(UnixAddressKind.Abstract, new string('ä', 53)).TryResolve(Surroundings, out _, out _), Is.True);
        Assert.That(new UnixListenAddress(UnixAddressKind.Abstract, new string('ä', 54)).TryResolve(Surroundings, out _, out _), Is.False);
    }

    [Test]
    public void The_socket_name_of_an_abstract_address_begins_with_NUL()
    {
        Assert.That(new UnixListenAddress(UnixAddressKind.Abstract, "ä").ToSocketName(), Is.EqualTo(new byte[] { 0, 0xc3, 0xa4 }));
        Assert.That(new UnixListenAddress(UnixAddressKind.Path, "/b").ToSocketName(), Is.EqualTo("/b"u8.ToArray()));
    }

    private static UnixListenAddress Resolve(UnixListenAddress address)
    {
        Assert.That(address.TryResolve(Surroundings, out UnixListenAddress? connectable, out string? error), Is.True, error);
        return connectable!;
    }
}
