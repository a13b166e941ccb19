/** The typed client of the service, made from its OpenAPI document, and hooks that keep what it answers. */
"use client";

import createClient, { type FetchOptions } from "openapi-fetch";
import useSWR, { type SWRConfiguration, type SWRResponse } from "swr";
import { config } from "./config";
import { type Credential, credential, forget, headersOf } from "./credential";
import { ApiError, errorOf, offline } from "./errors";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
type Method<P extends keyof paths, M extends "get" | "post"> = paths[P] extends Record<M, infer O> ? O : never;
type GetPath = { [P in keyof paths]: paths[P] extends { get: object } ? P : never }[keyof paths];
type PostPath = { [P in keyof paths]: paths[P] extends { post: object } ? P : never }[keyof paths];
type Answer<O> = O extends { responses: { 200: { content: { "application/json": infer A } } } } ? A : never;
export type GetAnswer<P extends GetPath> = Answer<Method<P, "get">>;
export type PostAnswer<P extends PostPath> = Answer<Method<P, "post">>;
type Body<P extends PostPath> =
  Method<P, "post"> extends { requestBody: { content: { "application/json": infer B } } } ? B : never;
export type PathParams = Record<string, string>;

/** A request to the service's origin in somebody's name. Throws ApiError for every answer that is not good. */
export async function callAs(asking: Credential | null, request: Request): Promise<Response> {
  const { api } = await config();
  const url = new URL(request.url);
  const target = `${api}${url.pathname}${url.search}`;
  const headers = new Headers(request.headers);
  for (const [name, value] of Object.entries(headersOf(asking))) headers.set(name, value);
  const body = request.method === "GET" ? null : await request.text();
  let response: Response;
  try {
    response = await fetch(target, { method: request.method, headers, body, signal: request.signal });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offline();
  }
  if (response.ok) return response;
  throw errorOf(response, await response.json().catch(() => undefined));
}

/** The same in the name of whoever is signed in, who is forgotten when the service refuses. */
export async function callApi(request: Request): Promise<Response> {
  const asking = credential();
  try {
    return await callAs(asking, request);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401 && asking === credential()) forget("refused");
    throw error;
  }
}

const client = createClient<paths>({ baseUrl: "http://service", fetch: callApi });

/** GET a route once. Throws ApiError. */
export async function get<P extends GetPath>(path: P, params: PathParams = {}, signal?: AbortSignal) {
  const options = { params: { path: params }, ...(signal && { signal }) };
  const { data } = await client.GET(path as never, options as unknown as FetchOptions<never>);
  return data as GetAnswer<P>;
}

/** POST a question. Throws ApiError. */
export async function post<P extends PostPath>(path: P, body: Body<P>, signal?: AbortSignal) {
  const options = { body, ...(signal && { signal }) };
  const { data } = await client.POST(path as never, options as unknown as FetchOptions<never>);
  return data as PostAnswer<P>;
}

/**
 * What a route answers, kept and asked again as `options` say (SWR). A null path asks nothing. 429 and 503 are asked
 * again after the seconds that the service gives, other errors of a request never.
 */
export function useGet<P extends GetPath>(
  path: P | null,
  params: PathParams = {},
  options: SWRConfiguration<GetAnswer<P>, ApiError> = {},
): SWRResponse<GetAnswer<P>, ApiError> {
  const key = path === null ? null : ["get", path, ...Object.entries(params).flat()];
  return useSWR<GetAnswer<P>, ApiError>(key, () => get(path as P, params), {
    revalidateOnFocus: false,
    keepPreviousData: false,
    onErrorRetry: (error, _key, _config, revalidate, { retryCount }) => {
      const seconds = retrySeconds(error, retryCount);
      if (seconds !== null) setTimeout(() => revalidate({ retryCount }), seconds * 1000);
    },
    ...options,
  });
}

/** Seconds until the same question makes sense again; null where it never will. */
export function retrySeconds(error: unknown, attempt: number): number | null {
  if (!(error instanceof ApiError)) return null;
  if (error.status === 0 || error.status >= 500 || error.status === 429) {
    return error.retryAfter ?? Math.min(30, 2 ** attempt);
  }
  return null;
}
