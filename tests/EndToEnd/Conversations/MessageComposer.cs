using System.Globalization;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Turns "call to=:B path=/o member=Do su "x" 3" into bytes, right or, where the line says so, wrong.</summary>
internal sealed class MessageComposer(TextScanner text, bool isBigEndian)
{
    private const string Bus = "org.freedesktop.DBus";
    private static readonly string[] TypeNames = ["invalid", "call", "return", "error", "signal"];

    private static readonly Dictionary<string, (byte Code, char Type)> FieldKeys = new()
    {
        ["path"] = (1, 'o'),
        ["interface"] = (2, 's'),
        ["member"] = (3, 's'),
        ["re"] = (5, 'u'),
        ["to"] = (6, 's'),
        ["sender"] = (7, 's'),
        ["unix-fds"] = (9, 'u'),
    };

    private readonly Dictionary<string, string> _settings = [];
    private readonly List<Action<WireOutput>> _fields = [];
    private readonly List<(int Offset, byte[] Bytes)> _patches = [];
    private byte _type;
    private bool _big = isBigEndian;
    private string _member = "";

    /// <summary>Composes the message of a line whose first word was the verb: call, return, error, signal or bus.</summary>
    internal SpokenMessage Compose(string verb, uint nextSerial)
    {
        ReadHead(verb);
        string shape = text.IsAtEnd ? "" : text.SignatureWord();
        string signature = _settings.GetValueOrDefault("signature", shape);
        if (signature is not ("" or "none"))
        {
            _fields.Add(output => Field(output, 8, "g", () => output.Signature(signature)));
        }

        if (Number("fds") > 0 && !_settings.ContainsKey("unix-fds"))
        {
            _fields.Add(output => Field(output, 9, "u", () => output.Number(Number("fds"), 4)));
        }

        WireOutput body = new(_big);
        ValueText.Write(text, shape, body);
        if (!text.IsAtEnd)
        {
            throw text.Wrong("end of line expected");
        }

        uint serial = (uint)Number("serial", nextSerial);
        byte[] bytes = Assemble(body.ToArray(), serial);
        return new SpokenMessage
        {
            Bytes = bytes,
            Serial = serial,
            IsSerialShown = _settings.ContainsKey("serial"),
            Member = _member,
            ReplyShown = _settings.GetValueOrDefault("reply", ""),
            Descriptors = (int)Number("fds"),
            IsSlow = _settings.GetValueOrDefault("how") == "slowly",
            BodyLength = body.Length,
        };
    }

    private void ReadHead(string verb)
    {
        if (verb == "bus")
        {
            _type = 1;
            ReadKeys();
            Default("path", "/org/freedesktop/DBus");
            Default("interface", Bus);
            Default("to", Bus);
            SetField("member", text.Word());
            return;
        }

        _type = (byte)Array.IndexOf(TypeNames, verb);
        if (_type is 0 or > 4)
        {
            throw text.Wrong($"verb '{verb}' is not known");
        }

        if (verb == "error" && text.TryKey() is null)
        {
            string name = text.Word();
            _fields.Add(output => Field(output, 4, "s", () => output.Text(name)));
        }

        ReadKeys();
    }

    private void ReadKeys()
    {
        while (text.TryKey() is { } key)
        {
            if (key.StartsWith("field.", StringComparison.Ordinal))
            {
                ForeignField(byte.Parse(key.AsSpan(6), CultureInfo.InvariantCulture));
            }
            else if (key == "at")
            {
                string[] parts = text.Word().Split(':');
                _patches.Add((int.Parse(parts[0], CultureInfo.InvariantCulture), Convert.FromHexString(parts[1])));
            }
            else if (FieldKeys.ContainsKey(key))
            {
                SetField(key, text.Word());
            }
            else
            {
                Set(key, key == "signature" ? text.SignatureWord() : text.Word());
            }
        }
    }

    private void Set(string key, string value)
    {
        _settings[key] = value;
        _big = key == "order" ? value == "B" : _big;
    }

    private void Default(string key, string value)
    {
        if (!_settings.ContainsKey(key))
        {
            SetField(key, value);
        }
    }

    /// <summary>A field; "none" leaves out one that would stand there by default.</summary>
    private void SetField(string key, string value)
    {
        _settings[key] = value;
        _member = key == "member" ? value : _member;
        if (value == "none")
        {
            return;
        }

        (byte code, char type) = FieldKeys[key];
        _fields.Add(output => Field(output, code, type.ToString(), () =>
        {
            if (type == 'u')
            {
                output.Number(ulong.Parse(value, CultureInfo.InvariantCulture), 4);
            }
            else
            {
                output.Text(value);
            }
        }));
    }

    private void ForeignField(byte code)
    {
        text.Expect('<');
        string signature = text.SignatureWord();
        WireOutput probe = new(_big);
        string value = Until('>');
        ValueText.Write(new TextScanner(value), signature, probe);
        _fields.Add(output => Field(output, code, signature, () => ValueText.Write(new TextScanner(value), signature, output)));
    }

    private string Until(char end)
    {
        List<string> words = [];
        while (text.Peek() != end)
        {
            words.Add(text.Peek() == '"' ? ValueText.Quote(text.Word()) : text.Word());
        }

        text.Expect(end);
        return string.Join(' ', words);
    }

    private ulong Number(string key, ulong otherwise = 0) =>
        _settings.TryGetValue(key, out string? value)
            ? value.StartsWith("0x", StringComparison.Ordinal)
                ? ulong.Parse(value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : ulong.Parse(value, CultureInfo.InvariantCulture)
            : otherwise;

    private static void Field(WireOutput output, byte code, string signature, Action value)
    {
        output.Align(8);
        output.Number(code, 1);
        output.Signature(signature);
        value();
    }

    private byte[] Assemble(byte[] body, uint serial)
    {
        WireOutput message = new(_big);
        message.Number(Number("endian", _big ? 'B' : 'l'), 1);
        message.Number(Number("type", _type), 1);
        message.Number(Number("flags"), 1);
        message.Number(Number("version", 1), 1);
        message.Number(Number("body-length", (ulong)body.Length), 4);
        message.Number(serial, 4);
        (int LengthAt, int Start) fields = message.BeginArray(8);
        foreach (Action<WireOutput> field in _fields)
        {
            field(message);
        }

        message.EndArray(fields);
        message.Align(8);
        message.Raw(body);
        byte[] bytes = message.ToArray();
        foreach ((int offset, byte[] patch) in _patches)
        {
            patch.CopyTo(bytes, offset < 0 ? bytes.Length + offset : offset);
        }

        return bytes;
    }
}
