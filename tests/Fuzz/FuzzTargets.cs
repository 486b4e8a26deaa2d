using System.Reflection;

namespace XcpBroker.Fuzz;

/// <summary>The targets of this assembly, by name.</summary>
internal static class FuzzTargets
{
    internal static SortedDictionary<string, FuzzTarget> All { get; } = Find();

    private static SortedDictionary<string, FuzzTarget> Find()
    {
        MethodInfo open = typeof(FuzzTargets).GetMethod(nameof(Describe), BindingFlags.NonPublic | BindingFlags.Static)!;
        SortedDictionary<string, FuzzTarget> found = new(StringComparer.Ordinal);
        IEnumerable<Type> types = typeof(FuzzTargets).Assembly.GetTypes();
        foreach (Type type in types.Where(type => type.IsClass && type.IsAssignableTo(typeof(IFuzzTarget))))
        {
            FuzzTarget target = (FuzzTarget)open.MakeGenericMethod(type).Invoke(null, null)!;
            found.Add(target.Name, target);
        }

        return found;
    }

    private static FuzzTarget Describe<T>()
        where T : IFuzzTarget => new(T.Name, T.Corpus, T.Fuzz);
}

internal delegate void FuzzAction(ReadOnlySpan<byte> input);

/// <summary>An <see cref="IFuzzTarget"/> as a value.</summary>
internal sealed record FuzzTarget(string Name, string Corpus, FuzzAction Fuzz);
