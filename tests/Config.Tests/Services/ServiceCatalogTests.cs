using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config.Services;

namespace XcpBroker.Config.Tests.Services;

public sealed class ServiceCatalogTests
{
    private const uint OwnUser = 1000;

    private string _root = "";

    [SetUp]
    public void MakeDirectory() => _root = Directory.CreateTempSubdirectory("services-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_root, recursive: true);

    [Test]
    public void The_first_directory_that_has_a_name_wins()
    {
        Write("b/org.example.A.service", "org.example.A", "/bin/late");
        Write("a/org.example.A.service", "org.example.A", "/bin/early");

        ServiceCatalog catalog = Read(In("a"), In("b"));

        Assert.That(catalog.TryFind("org.example.A", out ServiceDescriptor? found), Is.True);
        Assert.That(found!.Arguments.Single(), Is.EqualTo("/bin/early"));
        Assert.That(found.FilePath, Is.EqualTo($"{_root}/a/org.example.A.service"));
        Assert.That(catalog.Warnings, Is.Empty);
    }

    [Test]
    public void Within_a_directory_the_first_file_by_name_wins_and_the_other_is_told_of()
    {
        Write("a/z.service", "org.example.A", "/bin/z");
        Write("a/m.service", "org.example.A", "/bin/m");
        Write("a/B.service", "org.example.B", "/bin/b");

        ServiceCatalog catalog = Read(In("a"));

        Assert.That(string.Join(' ', catalog.Names), Is.EqualTo("org.example.B org.example.A"));
        Assert.That(catalog.TryFind("org.example.A", out ServiceDescriptor? found) && found.Arguments[0] == "/bin/m", Is.True);
        Assert.That(catalog.Warnings.Single().Path, Is.EqualTo($"{_root}/a/z.service"));
        Assert.That(catalog.Warnings.Single().Text, Does.Contain("m.service"));
    }

    [Test]
    public void A_bad_file_is_left_out_with_a_warning_and_spoils_nothing()
    {
        Write("a/org.example.A.service", "org.example.A", "/bin/a");
        File.WriteAllText($"{_root}/a/bad.service", "Name=org.example.B\n");
        Directory.CreateDirectory($"{_root}/a/dir.service");
        File.WriteAllText($"{_root}/a/other.txt", "no descriptor");

        ServiceCatalog catalog = Read(In("none"), In("a"));

        Assert.That(catalog.Names.Single(), Is.EqualTo("org.example.A"));
        Assert.That(catalog.Warnings.Single(), Is.EqualTo(new ServiceFileWarning($"{_root}/a/bad.service", "line 1: there is no section before it")));
    }

    [TestCase(false, true)]
    [TestCase(true, false)]
    public void A_strict_directory_wants_files_called_after_their_names(bool isStrict, bool isFound)
    {
        Write("a/other.service", "org.example.A", "/bin/a");

        ServiceCatalog catalog = Read(new ServiceDirectory($"{_root}/a", IsTransient: false, isStrict));

        Assert.That(catalog.TryFind("org.example.A", out _), Is.EqualTo(isFound));
        Assert.That(catalog.Warnings.SingleOrDefault()?.Text, Is.EqualTo(isFound ? null : "it must be called org.example.A.service"));
        Assert.That(catalog.Remarks.SingleOrDefault()?.Text, isFound ? Does.StartWith("it should be called org.example.A.service") : Is.Null);
    }

    [TestCase(false, true)]
    [TestCase(true, false)]
    public void A_transient_directory_that_is_not_trusted_is_not_looked_into(bool isTransient, bool isFound)
    {
        Write("distrusted/org.example.A.service", "org.example.A", "/bin/a");

        ServiceCatalog catalog = Read(In("distrusted") with { IsTransient = isTransient });

        Assert.That(catalog.TryFind("org.example.A", out _), Is.EqualTo(isFound));
        Assert.That(catalog.Warnings, isFound ? Is.Empty : Is.EqualTo((ServiceFileWarning[])[new ServiceFileWarning($"{_root}/distrusted", "is another's")]));
    }

    [TestCase(0u, true)]
    [TestCase(OwnUser, true)]
    [TestCase(1001u, false)]
    public void Extensions_count_in_files_of_root_and_of_the_user_of_the_bus(uint owner, bool isTrusted)
    {
        Write("a/org.example.A.service", "org.example.A", "/bin/a\nX-XCP-Buffer=yes");

        ServiceCatalog catalog = ServiceCatalog.Read([In("a")], new PlainFiles(owner), OwnUser);

        Assert.That(catalog.Services.Single().Extension("X-XCP-Buffer"), Is.EqualTo(isTrusted ? "yes" : null));
    }

    private static ServiceCatalog Read(params ServiceDirectory[] directories) => ServiceCatalog.Read(directories, new PlainFiles(0), OwnUser);

    private ServiceDirectory In(string folder) => new($"{_root}/{folder}", IsTransient: false, RequiresMatchingFileNames: false);

    private void Write(string file, string name, string exec)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{_root}/{file}")!);
        File.WriteAllText($"{_root}/{file}", $"[D-BUS Service]\nName={name}\nExec={exec}\n");
    }

    private sealed class PlainFiles(uint owner) : IServiceFiles
    {
        public bool TryRead(string path, [NotNullWhen(true)] out ServiceFileContent? content, [NotNullWhen(false)] out string? error)
        {
            content = new ServiceFileContent(File.ReadAllBytes(path), owner);
            error = null;
            return true;
        }

        public string? Distrust(string path) => path.EndsWith("/distrusted", StringComparison.Ordinal) ? "is another's" : null;
    }
}
