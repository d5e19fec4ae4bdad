/**
 * The response types of `http/contract.ts` as JSON Schema, read off TypeScript's own checker: what the compiler holds the
 * handlers to is what the document says. Written to `src/http/openapi/answers.ts`; a test compares.
 */
import { join } from 'node:path'
import ts from 'typescript'
import { packageRoot } from '../src/base/env.ts'
import { componentPath } from '../src/http/openapi/schema.ts'
import type { Schema } from '../src/http/openapi/schema.ts'

const contractFile = join(packageRoot, 'src/http/contract.ts')

interface Reading {
  readonly checker: ts.TypeChecker
  /** Types with a name of their own in the document. */
  readonly named: ReadonlyMap<ts.Symbol, string>
}

export function contractSchemas(): Record<string, Schema> {
  const program = ts.createProgram([contractFile], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(contractFile)
  const contract = source && checker.getSymbolAtLocation(source)
  if (!contract) throw new Error(`${contractFile} exports nothing.`)
  const types = checker
    .getExportsOfModule(contract)
    .map((one) => (one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one))
    .filter(({ flags }) => (flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias)) !== 0)
    .filter((one) => !isGeneric(one))
  const reading: Reading = { checker, named: new Map(types.map((one) => [one, one.name])) }
  return Object.fromEntries(
    types
      .map((one): [string, Schema] => [
        one.name,
        told(one, checker, shapeOf(checker.getDeclaredTypeOfSymbol(one), reading, true)),
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const isGeneric = ({ declarations = [] }: ts.Symbol): boolean =>
  declarations.some(
    (one) =>
      (ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one)) && one.typeParameters !== undefined,
  )

/** With the words that stand above it in the contract. */
function told(symbol: ts.Symbol, checker: ts.TypeChecker, schema: Schema): Schema {
  const words = ts
    .displayPartsToString(symbol.getDocumentationComment(checker))
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim()
  return words === '' ? schema : { description: words, ...schema }
}

/** `isTop`: the type itself is meant, not its name. */
function shapeOf(type: ts.Type, reading: Reading, isTop = false): Schema {
  const name = isTop ? undefined : nameOf(type, reading)
  if (name !== undefined) return { $ref: `${componentPath}${name}` }
  const { flags } = type
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {}
  if (flags & ts.TypeFlags.Null) return { type: 'null' }
  if (flags & ts.TypeFlags.BooleanLiteral) return { const: reading.checker.typeToString(type) === 'true' }
  if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
  if (flags & ts.TypeFlags.String) return { type: 'string' }
  if (flags & ts.TypeFlags.Number) return { type: 'number' }
  if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' }
  if (type.isUnion()) return unionOf(type, reading)
  if (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return objectOf(type, reading)
  throw new Error(`The document has no words for the type ${reading.checker.typeToString(type)}.`)
}

const nameOf = (type: ts.Type, { named }: Reading): string | undefined => {
  const { aliasSymbol } = type
  const byAlias = aliasSymbol && named.get(aliasSymbol)
  if (byAlias !== undefined) return byAlias
  // `getSymbol` of an anonymous object is no name.
  const symbol = type.getSymbol()
  return symbol && named.get(symbol)
}

function unionOf(type: ts.UnionType, reading: Reading): Schema {
  const members = type.types.filter(({ flags }) => (flags & ts.TypeFlags.Undefined) === 0)
  const isBoolean = members.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral).length === 2
  const rest = isBoolean
    ? members.filter(({ flags }) => (flags & ts.TypeFlags.BooleanLiteral) === 0)
    : members
  const literals = rest.flatMap((one) => (one.isStringLiteral() || one.isNumberLiteral() ? [one.value] : []))
  const parts: Schema[] = [
    ...(isBoolean ? [{ type: 'boolean' }] : []),
    ...(literals.length > 0 ? [{ enum: literals }] : []),
    ...rest
      .filter((one) => !one.isStringLiteral() && !one.isNumberLiteral())
      .map((one) => shapeOf(one, reading)),
  ]
  const [only] = parts
  return parts.length === 1 && only ? only : { anyOf: parts }
}

function objectOf(type: ts.Type, reading: Reading): Schema {
  const { checker } = reading
  if (checker.isTupleType(type)) throw new Error('A tuple travels nowhere: name its fields.')
  if (checker.isArrayType(type)) {
    const [of] = checker.getTypeArguments(type as ts.TypeReference)
    if (!of) throw new Error('An array of nothing.')
    return { type: 'array', items: shapeOf(of, reading) }
  }
  const properties = checker.getPropertiesOfType(type)
  const index = checker.getIndexInfoOfType(type, ts.IndexKind.String)
  return {
    type: 'object',
    ...(properties.length > 0
      ? { properties: Object.fromEntries(properties.map((one) => [one.name, propertyOf(one, reading)])) }
      : {}),
    ...(properties.some(isRequired)
      ? { required: properties.filter(isRequired).map((one) => one.name) }
      : {}),
    ...(index ? { additionalProperties: shapeOf(index.type, reading) } : {}),
  }
}

const isRequired = ({ flags }: ts.Symbol): boolean => (flags & ts.SymbolFlags.Optional) === 0

const propertyOf = (symbol: ts.Symbol, reading: Reading): Schema =>
  told(symbol, reading.checker, shapeOf(reading.checker.getTypeOfSymbol(symbol), reading))
