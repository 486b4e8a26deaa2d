using System.Text;
using CsCheck;
using XcpBroker.Config.Services;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Config.Tests.Services;

public sealed class ServiceFileTests
{
    private static readonly string[] Pieces =
        ["[", "]", "[D-BUS Service]", "\n", "\r\n", "\r", "Name=org.example.A", "Exec=/bin/a", "Exec=\"", "User=", "=", " ", "#", "X-XCP-A=\\n", "\\", "[de]"];

    [Test]
    public void Everything_that_counts_is_read_and_the_rest_ignored()
    {
        ServiceDescriptor read = Read(File.ReadAllBytes(Vector("full.service")));

        Assert.That(read.Name, Is.EqualTo("org.example.Full"));
        Assert.That(read.FilePath, Is.EqualTo("/dir/file.service"));
        Assert.That(string.Join('|', read.Arguments), Is.EqualTo("/usr/libexec/full|--message=two words"));
        Assert.That(read.User, Is.EqualTo("nobody"));
        Assert.That(read.SystemdUnit, Is.EqualTo("full.service"));
        Assert.That(read.Extensions.Single(), Is.EqualTo(KeyValuePair.Create("X-XCP-Buffer", "yes")));
        Assert.That(read.Extension("X-XCP-Buffer"), Is.EqualTo("yes"));
        Assert.That(read.Extension("X-XCP-Other"), Is.Null);
    }

    [Test]
    public void A_name_alone_is_enough_for_a_service_that_starts_by_its_own_means()
    {
        ServiceDescriptor read = Read(File.ReadAllBytes(Vector("own-means.service")));

        Assert.That(read.Arguments, Is.Empty);
        Assert.That(read.SystemdUnit, Is.Null);
        Assert.That(read.User, Is.Null);
    }

    [Test]
    public void Spaces_around_the_equals_sign_and_carriage_returns_are_no_part_of_a_value_and_the_first_of_equal_keys_counts()
    {
        ServiceDescriptor read = Read(File.ReadAllBytes(Vector("spaces.service")));

        Assert.That(read.Name, Is.EqualTo("org.example.Spaces"));
        Assert.That(string.Join('|', read.Arguments), Is.EqualTo("/bin/a|b\\c"));
    }

    [Test]
    public void Extensions_count_only_in_trusted_files()
    {
        byte[] content = File.ReadAllBytes(Vector("full.service"));

        Assert.That(ServiceFile.TryParse(content, "/f", isTrusted: false, out ServiceDescriptor? read, out string? error), Is.True, error);
        Assert.That(read!.Extensions, Is.Empty);
    }

    [TestCase("", "no section [D-BUS Service]")]
    [TestCase("[Other]\nName=org.example.A\n", "no section [D-BUS Service]")]
    [TestCase("[D-BUS Service]\nExec=/bin/a\n", "no Name")]
    [TestCase("[D-BUS Service]\nName=\n", "no Name")]
    [TestCase("[D-BUS Service]\nName=org\n", "well-known")]
    [TestCase("[D-BUS Service]\nName=:1.5\n", "well-known")]
    [TestCase("[D-BUS Service]\nName=org.freedesktop.DBus\n", "bus itself")]
    [TestCase("[D-BUS Service]\nName=org.example.A\nExec=\n", "Exec: there is no program")]
    [TestCase("[D-BUS Service]\nName=org.example.A\nExec=/bin/a '\n", "Exec: a quote")]
    [TestCase("[D-BUS Service]\nName=org.example.A\nUser=\n", "User is empty")]
    [TestCase("Name=org.example.A\n", "line 1: there is no section before it")]
    [TestCase("[D-BUS Service\nName=org.example.A\n", "line 1: a section")]
    [TestCase("[D-BUS Service]\n\n Name=org.example.A\n", "line 3: it begins with no key")]
    [TestCase("[D-BUS Service]\nName\n", "line 2: there is no '='")]
    [TestCase("[D-BUS Service]\nName=org.example.A\\x\n", "line 2: '\\' must be followed")]
    [TestCase("[D-BUS Service]\nName=org.example.A\n[b[]\n", "line 3: the name of a section")]
    public void What_is_no_descriptor_is_refused_by_its_reason(string text, string expected)
    {
        Assert.That(ServiceFile.TryParse(Encoding.Latin1.GetBytes(text), "/f", isTrusted: true, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain(expected));
    }

    [TestCase("[D-BUS Service]\nName=org.example.A\n#\xff", "UTF-8")]
    [TestCase("[D-BUS Service]\nName=org.example.A\0\n", "UTF-8")]
    public void A_file_that_is_no_text_is_refused(string latin1, string expected) => What_is_no_descriptor_is_refused_by_its_reason(latin1, expected);

    [Test]
    public void A_file_over_the_limit_is_refused()
    {
        byte[] content = new byte[ServiceFile.MaxLength + 1];

        Assert.That(ServiceFile.TryParse(content, "/f", isTrusted: true, out _, out string? error), Is.False);
        Assert.That(error, Does.Contain("131072"));
    }

    [Test]
    public void No_bytes_make_it_throw_and_every_error_is_one_line() => Gen.OneOf(
        Gen.Byte.Array,
        Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).Array[0, 12].Select(pieces => StrictUtf8.Instance.GetBytes(string.Concat(pieces))))
        .Sample(content => ServiceFile.TryParse(content, "/f", isTrusted: true, out ServiceDescriptor? read, out string? error)
            ? read.Name.Length > 0
            : error.Length > 0 && !error.Any(char.IsControl));

    private static ServiceDescriptor Read(byte[] content)
    {
        Assert.That(ServiceFile.TryParse(content, "/dir/file.service", isTrusted: true, out ServiceDescriptor? read, out string? error), Is.True, error);
        return read!;
    }

    private static string Vector(string name) => Path.Combine(Repository.Root, "tests/vectors/services", name);
}
