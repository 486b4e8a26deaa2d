using CsCheck;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests;

public sealed class AddressParserTests
{
    private static readonly Gen<string> Guid = Gen.Char["0123456789abcdef"].Array[32].Select(letters => new string(letters));

    private static readonly Gen<string> Value =
        Gen.OneOf(Gen.Char, Gen.Char.AlphaNumeric).Array[1, 20].Select(letters => new string(letters)).Where(IsText);

    private static readonly Gen<ListenAddress> Unix =
        from kind in Gen.Enum<UnixAddressKind>()
        from value in Value
        select (ListenAddress)new UnixListenAddress(kind, kind == UnixAddressKind.Runtime ? "yes" : value);

    private static readonly Gen<ListenAddress> Tcp =
        from hasNonce in Gen.Bool
        from host in Value
        from bind in Gen.Null(Value)
        from port in Gen.UShort
        from family in Gen.Enum<TcpFamily>()
        select (ListenAddress)new TcpListenAddress { HasNonce = hasNonce, Host = host, Bind = bind, Port = port, Family = family };

    private static readonly Gen<ListenAddress> Vsock =
        from port in Gen.UInt[1, uint.MaxValue - 1]
        from cid in Gen.UInt[0, uint.MaxValue - 1]
        from isAny in Gen.Bool
        select (ListenAddress)new VsockListenAddress(port) { Cid = isAny ? null : cid };

    private static readonly Gen<ListenAddress> Address =
        from address in Gen.OneOf(Unix, Tcp, Vsock, Gen.Const((ListenAddress)new SystemdListenAddress()))
        from guid in Gen.Null(Guid)
        select address with { Guid = guid };

    private static readonly string[] Pieces =
        ["unix:", "tcp:", "nonce-tcp:", "systemd:", "vsock:", "cid=", "any", "host=", "port=", "family=ipv4", "7", "path=", "abstract=", "guid=", "runtime=yes", ",", ";", "%", "%00", "%ff", "/a", "\n", "=", ":", "00112233445566778899aabbccddeeff"];

    private static IEnumerable<TestCaseData> Vectors => File.ReadLines(Path.Combine(Repository.Root, "tests/vectors/addresses/addresses.tsv"))
        .Where(line => !line.StartsWith('#'))
        .Select(line => line.Split('\t'))
        .Select(columns => new TestCaseData(columns[0], columns[1] == "ok", columns[2]).SetArgDisplayNames($"'{columns[0]}'"));

    [TestCaseSource(nameof(Vectors))]
    public void Each_vector_is_read_and_written_back_or_refused_by_its_error(string text, bool isValid, string expected)
    {
        bool read = Transports.Known.Addresses.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out string? error);

        Assert.That(read, Is.EqualTo(isValid), error);
        if (isValid)
        {
            Assert.That(string.Join(';', addresses!), Is.EqualTo(expected));
        }
        else
        {
            Assert.That(error, Does.Contain(expected));
        }
    }

    [Test]
    public void What_is_written_is_read_back_as_the_same_value() => Address.Array[1, 4].Sample(addresses =>
        Transports.Known.Addresses.TryParse(string.Join(';', addresses.AsEnumerable()), out IReadOnlyList<ListenAddress>? read, out _)
        && read.SequenceEqual(addresses));

    [Test]
    public void No_text_makes_it_throw_and_every_error_is_one_line() => Gen.OneOf(
        Gen.String,
        Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).Array[0, 12].Select(string.Concat))
        .Sample(text => Transports.Known.Addresses.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out string? error)
            ? addresses.Count > 0
            : error.Length > 0 && !error.Any(char.IsControl));

    [Test]
    public void Escaping_leaves_only_what_the_specification_allows() => Gen.String.Where(IsText).Sample(text =>
    {
        string escaped = AddressEscaping.Escape(text);
        return escaped.All(letter => char.IsAsciiLetterOrDigit(letter) || @"-_/.\*%".Contains(letter))
            && AddressEscaping.TryUnescape(escaped, out string? back, out _)
            && back == text;
    });

    private static bool IsText(string text) => !text.Contains('\0') && !text.Any(char.IsSurrogate);
}
